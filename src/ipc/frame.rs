//! Messages on a stream: each is JSON behind its length.

use std::io;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{ReadHalf, WriteHalf};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use super::platform::Stream;

/// The longest message: the content of the largest file in base64, with room for what is around it.
const LONGEST: usize = 96 << 20;

pub(super) struct Reader(FramedRead<ReadHalf<Stream>, LengthDelimitedCodec>);

pub(super) struct Writer(FramedWrite<WriteHalf<Stream>, LengthDelimitedCodec>);

/// The two directions of `stream`.
pub(super) fn split(stream: Stream) -> (Reader, Writer) {
    let (read, write) = tokio::io::split(stream);
    let codec = || LengthDelimitedCodec::builder().max_frame_length(LONGEST).new_codec();
    (Reader(FramedRead::new(read, codec())), Writer(FramedWrite::new(write, codec())))
}

impl Reader {
    /// The next message; none at the end.
    ///
    /// # Errors
    /// Of kind [`InvalidData`](io::ErrorKind::InvalidData) where it is not what was expected.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let Some(frame) = self.0.next().await.transpose()? else { return Ok(None) };
        serde_json::from_slice(&frame)
            .map(Some)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl Writer {
    pub(super) async fn send(&mut self, message: &(impl Serialize + Sync)) -> io::Result<()> {
        let text = serde_json::to_vec(message).map_err(io::Error::other)?;
        self.0.send(Bytes::from(text)).await
    }
}
