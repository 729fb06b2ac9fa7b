//! PDUs over a connection, with TLS or without (PS3.8 9.3, PS3.15 annex B).
//!
//! dicom-ul reads and writes the PDUs. Its own TLS is not used: at the end of a connection that
//! brought no whole greeting it goes on reading for ever.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use dicom_ul::association::{Error, read_pdu_from_wire};
use dicom_ul::pdu::{AbortRQServiceProviderReason, AbortRQSource, Pdu, ReadError, write_pdu};
use rustls::pki_types::ServerName;
use rustls::{
    ClientConfig, ClientConnection, ConnectionCommon, ServerConfig, ServerConnection, SideData,
    StreamOwned,
};

/// The one version that there is: its bit (PS3.8 table 9-11).
pub(crate) const PROTOCOL_VERSION: u16 = 1;
/// PS3.7 annex A.2.1.
pub(crate) const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";

/// Where what was received waits for its end.
type Buffer = bytes::BytesMut;

/// A connection that carries PDUs.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    received: Buffer,
    /// Of a PDU; longer ones are refused by their header, before their bytes are there.
    pdu_bytes: u32,
}

/// Why no PDU comes or goes.
#[derive(Debug)]
pub(crate) enum WireError {
    /// The connection was closed.
    Closed,
    /// It broke, or nothing came in time.
    Broken(io::Error),
    /// The other side is not whom TLS takes it for, or speaks none.
    NoTls(rustls::Error),
    /// A PDU is longer than it may be.
    TooLarge,
    /// A PDU cannot be read.
    Malformed,
}

/// What bytes go over.
trait Stream: Read + Write + Send {
    fn socket(&self) -> &TcpStream;

    /// Says that no more comes.
    fn farewell(&mut self) {}
}

impl Stream for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl<C, S> Stream for StreamOwned<C, TcpStream>
where
    C: DerefMut + Deref<Target = ConnectionCommon<S>> + Send,
    S: SideData,
{
    fn socket(&self) -> &TcpStream {
        &self.sock
    }

    fn farewell(&mut self) {
        self.conn.send_close_notify();
        // Whoever is gone needs none.
        let _ = self.flush();
    }
}

impl Wire {
    /// The side that was connected to.
    pub(crate) fn accepted(
        stream: TcpStream,
        tls: Option<&Arc<ServerConfig>>,
        pdu_bytes: u32,
    ) -> Result<Self, WireError> {
        let Some(config) = tls else {
            return Ok(Self::over(Box::new(stream), pdu_bytes));
        };
        let connection = ServerConnection::new(Arc::clone(config)).map_err(WireError::NoTls)?;
        let stream = StreamOwned::new(connection, stream);
        Ok(Self::over(Box::new(stream), pdu_bytes))
    }

    /// The side that connected, to `host`.
    pub(crate) fn connected(
        stream: TcpStream,
        tls: Option<(&Arc<ClientConfig>, ServerName<'static>)>,
        pdu_bytes: u32,
    ) -> Result<Self, WireError> {
        let Some((config, name)) = tls else {
            return Ok(Self::over(Box::new(stream), pdu_bytes));
        };
        let connection = ClientConnection::new(Arc::clone(config), name);
        let stream = StreamOwned::new(connection.map_err(WireError::NoTls)?, stream);
        Ok(Self::over(Box::new(stream), pdu_bytes))
    }

    fn over(stream: Box<dyn Stream>, pdu_bytes: u32) -> Self {
        Self {
            stream,
            received: Buffer::new(),
            pdu_bytes,
        }
    }

    /// How long one step of the network may take.
    pub(crate) fn set_patience(&self, read: Duration, write: Duration) -> Result<(), WireError> {
        let socket = self.stream.socket();
        let set = socket.set_read_timeout(Some(read));
        set.and_then(|()| socket.set_write_timeout(Some(write)))
            .map_err(WireError::Broken)
    }

    pub(crate) fn receive(&mut self) -> Result<Pdu, WireError> {
        let (stream, received) = (&mut self.stream, &mut self.received);
        // Strict: a PDU beyond the bound is no PDU.
        read_pdu_from_wire(stream, received, self.pdu_bytes, true).map_err(WireError::of)
    }

    pub(crate) fn send(&mut self, pdu: &Pdu) -> Result<(), WireError> {
        let mut bytes = Vec::new();
        write_pdu(&mut bytes, pdu).map_err(|_| WireError::Malformed)?;
        let sent = self.stream.write_all(&bytes);
        sent.and_then(|()| self.stream.flush())
            .map_err(WireError::of_stream)
    }

    /// Tells the other side that the association is over, if it still listens.
    pub(crate) fn abort(&mut self) {
        let reason = AbortRQServiceProviderReason::ReasonNotSpecified;
        let source = AbortRQSource::ServiceProvider(reason);
        let _ = self.send(&Pdu::AbortRQ { source });
        self.close();
    }

    pub(crate) fn close(&mut self) {
        self.stream.farewell();
        let _ = self.stream.socket().shutdown(Shutdown::Both);
    }
}

impl WireError {
    fn of(error: Error) -> Self {
        match error {
            Error::ConnectionClosed { .. } => Self::Closed,
            Error::ReceivePdu { source } => match source {
                ReadError::ReadPdu { source, .. } => Self::of_stream(source),
                ReadError::PduTooLarge { .. } => Self::TooLarge,
                _ => Self::Malformed,
            },
            _ => Self::Malformed,
        }
    }

    fn of_stream(error: io::Error) -> Self {
        let of_tls = error.get_ref().and_then(|inner| inner.downcast_ref());
        match of_tls {
            Some(of_tls) => Self::NoTls(rustls::Error::clone(of_tls)),
            // TLS wants to be told of the end; who just goes is gone all the same.
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Closed,
            None => Self::Broken(error),
        }
    }
}
