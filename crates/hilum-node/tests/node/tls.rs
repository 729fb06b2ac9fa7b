//! Associations over TLS, both ways (PS3.15 annex B).

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dicom_dictionary_std::uids;
use dicom_ul::association::read_pdu_from_wire;
use dicom_ul::pdu::{
    AssociationRQ, PDataValue, PDataValueType, Pdu, PresentationContextProposed, UserVariableItem,
    write_pdu,
};
use hilum_node::NodeSettings;
use hilum_tls::{TlsFiles, client_config, server_config};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConnection, StreamOwned};

use crate::double::{TestNode, destination, fresh, settings, start};
use crate::receiver::Receiver;
use crate::scanner::{fixed_command, send_all, series};

/// Made by `reference/make_certificates.sh`.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn files(name: &str) -> TlsFiles {
    TlsFiles {
        certificates: file(&format!("{name}.pem")),
        key: file(&format!("{name}.key")),
    }
}

fn with_tls(folder: &Path, issuers: Option<&str>) -> NodeSettings {
    let mut settings = settings(folder);
    let issuers = issuers.map(file);
    let config = server_config(&files("server"), issuers.as_deref()).unwrap();
    settings.tls.server = Some(Arc::new(config));
    settings
}

/// What a peer with the certificate of `name` is answered to a C-ECHO; `None` if it comes to none.
fn echo(address: SocketAddr, name: Option<&str>) -> Option<u8> {
    let own = name.map(files);
    let config = client_config(Some(&file("issuer.pem")), own.as_ref()).unwrap();
    let host = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), host).unwrap();
    let socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut stream = StreamOwned::new(connection, socket);
    let mut ask = |pdu: Pdu| {
        let mut bytes = Vec::new();
        write_pdu(&mut bytes, &pdu).unwrap();
        stream.write_all(&bytes).ok()?;
        stream.flush().ok()?;
        #[expect(
            clippy::default_trait_access,
            reason = "the crate of the buffer is none of ours"
        )]
        read_pdu_from_wire(&mut stream, &mut Default::default(), 1 << 16, true).ok()
    };
    let request = AssociationRQ {
        protocol_version: 1,
        calling_ae_title: "SCANNER".to_owned(),
        called_ae_title: "HILUM".to_owned(),
        application_context_name: "1.2.840.10008.3.1.1.1".to_owned(),
        presentation_contexts: vec![PresentationContextProposed {
            id: 1,
            abstract_syntax: uids::VERIFICATION.to_owned(),
            transfer_syntaxes: vec![uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned()],
        }],
        user_variables: vec![UserVariableItem::MaxLength(16_384)],
    };
    let Some(Pdu::AssociationAC(_)) = ask(request.into()) else {
        return None;
    };
    let command = PDataValue {
        presentation_context_id: 1,
        value_type: PDataValueType::Command,
        is_last: true,
        data: fixed_command(0x30, 1, uids::VERIFICATION, None),
    };
    let Some(Pdu::PData { data }) = ask(Pdu::PData {
        data: vec![command],
    }) else {
        return None;
    };
    assert!(matches!(ask(Pdu::ReleaseRQ), Some(Pdu::ReleaseRP)));
    // Status (0000,0900) is the last element that this node writes.
    data[0].data.iter().rev().nth(1).copied()
}

#[test]
fn a_node_with_a_certificate_speaks_tls_alone() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(with_tls(folder.path(), None));
    assert_eq!(echo(node.address(), None), Some(0));
    let plain = crate::scanner::Scanner::try_connect(node.address(), "HILUM", "SCANNER");
    assert!(plain.is_err());
    node.wait_for("the end", |node| node.said("it speaks no TLS"));
    assert_eq!(echo(node.address(), None), Some(0));
}

#[test]
fn a_node_that_asks_for_certificates_takes_those_that_are_vouched_for() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(with_tls(folder.path(), Some("issuer.pem")));
    assert_eq!(echo(node.address(), Some("client")), Some(0));
    assert_eq!(echo(node.address(), None), None);
    assert_eq!(echo(node.address(), Some("stranger")), None);
    // What is for servers alone, or for both, is told by the certificate itself.
    assert_eq!(echo(node.address(), Some("server")), Some(0));
}

#[test]
fn greetings_that_break_off_or_never_come_are_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = with_tls(folder.path(), None);
    settings.limits.associations = 2;
    settings.limits.request = Duration::from_millis(400);
    let node = start(settings);
    let closed = |node: &TestNode| node.log().matches("the connection was closed").count();
    for bytes in [&b""[..], &[22, 3, 1, 0, 200, 1]] {
        let before = closed(&node);
        let mut stream = TcpStream::connect(node.address()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        node.wait_for("the end", |node| closed(node) > before);
    }
    let mut silent: Vec<_> = (0..2)
        .map(|_| TcpStream::connect(node.address()).unwrap())
        .collect();
    for stream in &mut silent {
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    node.wait_for("the end", |node| node.said("it took too long"));
    node.wait_for("a seat", |node| echo(node.address(), None) == Some(0));
}

/// Takes TLS off what comes, and hands it on to `to`, a connection at a time.
fn take_off_tls(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = Arc::new(server_config(&files("server"), Some(&file("issuer.pem"))).unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut outside = StreamOwned::new(connection, stream.unwrap());
            let mut inside = TcpStream::connect(to).unwrap();
            let turn = Some(Duration::from_millis(20));
            outside.sock.set_read_timeout(turn).unwrap();
            inside.set_read_timeout(turn).unwrap();
            while hand_on(&mut outside, &mut inside) && hand_on(&mut inside, &mut outside) {}
        }
    });
    address
}

/// Whether both sides are still there.
fn hand_on(from: &mut impl std::io::Read, to: &mut impl std::io::Write) -> bool {
    let mut bytes = [0; 1 << 14];
    match from.read(&mut bytes) {
        Ok(0) => false,
        Ok(count) => to.write_all(&bytes[..count]).is_ok() && to.flush().is_ok(),
        Err(error) => matches!(
            error.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        ),
    }
}

#[test]
fn results_go_over_tls_to_whom_is_vouched_for() {
    let receiver = Receiver::start();
    let port = take_off_tls(receiver.address).port();
    let name = format!("dicom-tls://PACS@localhost:{port}");
    let sent = series(fresh(), 2);
    for (issuers, said) in [
        ("stranger.pem", "no TLS with it"),
        ("issuer.pem", "sent to"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        settings.destinations = vec![destination(&name)];
        let config = client_config(Some(&file(issuers)), Some(&files("client"))).unwrap();
        settings.tls.client = Some(Arc::new(config));
        let node = start(settings);
        send_all(node.address(), &sent);
        node.wait_for("a word", |node| node.said(said));
        assert_eq!(receiver.uids().is_empty(), issuers == "stranger.pem");
    }
    assert_eq!(receiver.uids()[0], format!("{}.2.1", sent[0].series));
}

#[test]
fn a_destination_by_tls_wants_to_know_whom_to_trust() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.destinations = vec![destination("dicom-tls://PACS@localhost:2762")];
    let refused = settings.check().unwrap_err().to_string();
    assert!(refused.contains("PACS@localhost:2762"), "{refused}");
}
