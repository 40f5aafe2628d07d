//! Says whether Microsoft's own Graph data lies beside the project, which some tests compare with. Where it does not,
//! those tests are listed as ignored, with the reason.

use std::path::Path;

const DATA: &str = "../shared/graph";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(graph_data)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DATA}/v1.0.csdl");
    let files = ["v1.0.csdl", "permissions.json", "provisioningInfo.json"];
    if files.iter().all(|file| Path::new(DATA).join(file).is_file()) {
        println!("cargo::rustc-cfg=graph_data");
    }
}
