//! Links the add-on as Node-API expects it on each platform.

fn main() {
    napi_build::setup();
}
