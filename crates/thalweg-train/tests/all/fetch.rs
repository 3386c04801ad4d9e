//! Fetching data sets from a server that does not always do what it should.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    ops::ControlFlow,
    path::Path,
    sync::{Arc, Mutex},
    thread,
};
use thalweg_train::data::{DataError, Remote, RemoteFile};

/// What the server does with a connection.
#[derive(Clone, Copy)]
enum Answer {
    Whole,
    /// Closes the connection after this many bytes of the body.
    Drop(usize),
    /// Sends the file from its start, whatever was asked for.
    IgnoreRange,
    Status(u16),
}
use Answer::{Drop, IgnoreRange, Status, Whole};

struct Server {
    base: String,
    /// The range of each request, or nothing.
    asked: Arc<Mutex<Vec<Option<usize>>>>,
}

/// Serves `body` under every name; each connection gets the next answer.
fn serve(body: &[u8], answers: &[Answer]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/set/", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, body, answers) = (asked.clone(), body.to_vec(), answers.to_vec());
    thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            reply(stream, &body, answer, &seen);
        }
    });
    Server { base, asked }
}

fn reply(mut stream: TcpStream, body: &[u8], answer: Answer, seen: &Mutex<Vec<Option<usize>>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0].to_ascii_lowercase());
    }
    let head = String::from_utf8(head).unwrap();
    let range = head.split_once("range: bytes=").map(|(_, range)| range.split('-').next().unwrap());
    let start = range.map(|start| start.parse::<usize>().unwrap());
    seen.lock().unwrap().push(start);
    let total = body.len();
    let (line, start) = match (answer, start) {
        (Status(status), _) => (format!("{status} Trouble"), total),
        (Whole | Drop(_), Some(start)) => {
            (format!("206 Partial\r\nContent-Range: bytes {start}-{}/{total}", total - 1), start)
        }
        _ => ("200 OK".into(), 0),
    };
    let rest = &body[start..];
    let sent = if let Drop(bytes) = answer { &rest[..bytes.min(rest.len())] } else { rest };
    let head = format!("HTTP/1.1 {line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len());
    // The client may have had enough.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent));
}

fn body() -> Vec<u8> {
    (0..300_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect()
}

/// The SHA-256 of [`body`], by Python's hashlib.
const SHA256: &str = "d5397f395028a36a877582420027c07a9dffa109caf6625ee9fb42ba86859168";

fn remote(server: &Server) -> Remote {
    let file = RemoteFile { name: "numbers.bin".into(), bytes: 300_000, sha256: SHA256.into() };
    Remote { name: "numbers".into(), base: server.base.clone(), files: vec![file] }
}

fn fetch(server: &Server, dir: &Path) -> Result<(), DataError> {
    remote(server).fetch(dir, &mut |_| ControlFlow::Continue(()))
}

#[test]
fn a_file_is_fetched_once_and_progress_ends_at_its_length() {
    let (server, dir) = (serve(&body(), &[Whole]), tempfile::tempdir().unwrap());
    let mut seen = Vec::new();
    let mut watch = |at: thalweg_train::data::Fetched<'_>| {
        assert_eq!((at.file, at.total), ("numbers.bin", 300_000));
        seen.push(at.done);
        ControlFlow::Continue(())
    };
    remote(&server).fetch(dir.path(), &mut watch).unwrap();
    assert!(seen.is_sorted() && seen[0] == 0 && seen.last() == Some(&300_000));
    assert_eq!(fs::read(dir.path().join("numbers.bin")).unwrap(), body());
    fetch(&server, dir.path()).unwrap();
    assert_eq!(server.asked.lock().unwrap().len(), 1);
    assert_eq!(dir.path().read_dir().unwrap().count(), 1);
}

#[test]
fn a_connection_that_breaks_off_is_continued_where_it_broke() {
    let (server, dir) = (serve(&body(), &[Drop(100_000), Drop(50_000), Whole]), tempfile::tempdir().unwrap());
    fetch(&server, dir.path()).unwrap();
    assert_eq!(*server.asked.lock().unwrap(), [None, Some(100_000), Some(150_000)]);
    assert_eq!(fs::read(dir.path().join("numbers.bin")).unwrap(), body());
}

#[test]
fn a_server_that_cannot_begin_in_the_middle_sends_all_again() {
    let (server, dir) = (serve(&body(), &[Drop(100_000), IgnoreRange]), tempfile::tempdir().unwrap());
    fetch(&server, dir.path()).unwrap();
    assert_eq!(*server.asked.lock().unwrap(), [None, Some(100_000)]);
    assert_eq!(fs::read(dir.path().join("numbers.bin")).unwrap(), body());
}

#[test]
fn what_an_earlier_run_has_fetched_is_kept_when_it_was_stopped() {
    let (server, dir) = (serve(&body(), &[Whole, Whole]), tempfile::tempdir().unwrap());
    let mut stop = |at: thalweg_train::data::Fetched<'_>| {
        if at.done > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let error = remote(&server).fetch(dir.path(), &mut stop).unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
    let part = fs::metadata(dir.path().join("numbers.bin.part")).unwrap().len() as usize;
    assert!(part > 0 && !dir.path().join("numbers.bin").exists());
    fetch(&server, dir.path()).unwrap();
    assert_eq!(*server.asked.lock().unwrap(), [None, Some(part)]);
}

#[test]
fn a_missing_file_is_an_error_with_its_address_and_is_not_asked_for_again() {
    let (server, dir) = (serve(&body(), &[Status(404)]), tempfile::tempdir().unwrap());
    let error = fetch(&server, dir.path()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}numbers.bin: the server answers 404", server.base)), "{error}");
    assert_eq!(server.asked.lock().unwrap().len(), 1);
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let (server, dir) = (serve(&body(), &[Status(503), Whole]), tempfile::tempdir().unwrap());
    fetch(&server, dir.path()).unwrap();
    assert_eq!(server.asked.lock().unwrap().len(), 2);
}

#[test]
fn a_file_with_another_checksum_is_thrown_away() {
    let mut wrong = body();
    wrong[1234] ^= 1;
    let (server, dir) = (serve(&wrong, &[Whole]), tempfile::tempdir().unwrap());
    let error = fetch(&server, dir.path()).unwrap_err().to_string();
    assert!(error.contains("the SHA-256 is ") && error.contains(&format!("must be {SHA256}")), "{error}");
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_part_that_is_longer_than_the_file_is_fetched_anew() {
    let (server, dir) = (serve(&body(), &[Whole]), tempfile::tempdir().unwrap());
    fs::write(dir.path().join("numbers.bin.part"), vec![0; 400_000]).unwrap();
    fetch(&server, dir.path()).unwrap();
    assert_eq!(*server.asked.lock().unwrap(), [None]);
}

#[test]
fn a_file_longer_than_announced_is_an_error() {
    let (server, dir) = (serve(&[body(), vec![1]].concat(), &[Whole]), tempfile::tempdir().unwrap());
    let error = fetch(&server, dir.path()).unwrap_err().to_string();
    assert!(error.contains("longer than 300000 bytes"), "{error}");
}

#[test]
fn the_published_checksums_are_those_of_the_files_at_hand() {
    let Some(dir) = std::env::var_os("THALWEG_MNIST") else {
        eprintln!("THALWEG_MNIST names no folder with MNIST: its checksums were not compared");
        return;
    };
    let mut remote = Remote::named("mnist").unwrap();
    // Of the training part there are copies that were compressed again.
    remote.files.retain(|file| file.name.starts_with("t10k"));
    let (dir, here) = (Path::new(&dir), tempfile::tempdir().unwrap());
    for file in &remote.files {
        fs::copy(dir.join(&file.name), here.path().join(format!("{}.part", file.name))).unwrap();
    }
    remote.base = "http://127.0.0.1:9/".into();
    remote.fetch(here.path(), &mut |_| ControlFlow::Continue(())).unwrap();
}
