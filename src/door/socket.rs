//! The local socket: how a command talks to the process that owns the store. Format: `proto/control.proto`.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::node::{Call, Error, PROGRAM, Reply, Request};
use crate::wire::Message;
use crate::wire::control::{Answer, Ask, Progress, answer};

/// Most bytes of one message: a page of an export or import is far below.
const FRAME_BYTES_MAX: u32 = 64 << 20;
/// Most clients at once: each is one thread of the owner.
const CLIENTS_MAX: usize = 32;
/// How long a client may take to send what it began.
const STALL: Duration = Duration::from_secs(30);
/// How long an ending listener waits for clients that still get their answer.
const FAREWELL: Duration = Duration::from_millis(500);
/// How often the listener looks whether it should end.
const POLL: Duration = Duration::from_millis(50);

fn write_message(stream: &mut impl Write, message: &impl Message) -> io::Result<()> {
    let bytes = message.encode_to_vec();
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= FRAME_BYTES_MAX);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "message over the limit"))?;
    let mut frame = length.to_le_bytes().to_vec();
    frame.extend(bytes);
    stream.write_all(&frame)
}

/// Reads one message; none at the end of the stream.
fn read_message<M: Message + Default>(stream: &mut impl Read) -> io::Result<Option<M>> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length);
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "message over the limit"));
    }
    let mut bytes = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != u64::from(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    M::decode(bytes.as_slice()).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The client's end.
pub(crate) struct Connection {
    stream: UnixStream,
}

impl Connection {
    /// Connects to the owner of a home.
    pub(crate) fn open(socket: &Path) -> io::Result<Connection> {
        UnixStream::connect(socket).map(|stream| Connection { stream })
    }

    /// Asks, reports progress while the answer is made, and returns the answer.
    pub(crate) fn call(&mut self, call: &Call, progress: &mut dyn FnMut(u64, u64)) -> Result<Reply, Error> {
        let lost = |error: io::Error| Error::node_gone(error);
        let call = serde_json::to_vec(call).map_err(Error::internal)?;
        write_message(&mut self.stream, &Ask { program: PROGRAM.to_owned(), call }).map_err(lost)?;
        loop {
            let answer: Option<Answer> = read_message(&mut self.stream).map_err(lost)?;
            let answer = answer.ok_or_else(|| lost(io::ErrorKind::UnexpectedEof.into()))?;
            match answer.of {
                Some(answer::Of::Progress(Progress { done, total })) => progress(done, total),
                Some(answer::Of::Reply(json)) => return serde_json::from_slice(&json).map_err(Error::internal),
                Some(answer::Of::Error(json)) => {
                    return Err(serde_json::from_slice(&json).unwrap_or_else(Error::internal));
                }
                None => return Err(Error::version_skew("unknown", PROGRAM)),
            }
        }
    }
}

/// What the owner does with a call.
pub(crate) type Serve = dyn Fn(Call, &mut dyn FnMut(u64, u64)) -> Result<Reply, Error> + Send + Sync;

/// The owner's end. Its socket is gone when it is dropped.
pub(crate) struct Listener {
    path: PathBuf,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens. Only the holder of the home's lock may call this: a socket that is still there is a dead one's.
    pub(crate) fn start(path: &Path, serve: Arc<Serve>) -> io::Result<Listener> {
        match fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        let ended = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ended);
        let place = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("socket".to_owned())
            .spawn(move || accept(&listener, &place, &flag, &serve))?;
        Ok(Listener { path: path.to_owned(), ended, thread: Some(thread) })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

fn accept(listener: &UnixListener, path: &Path, ended: &AtomicBool, serve: &Arc<Serve>) {
    let clients = Arc::new(AtomicUsize::new(0));
    let mut last = false;
    loop {
        if !last && ended.load(Ordering::Relaxed) {
            // Nobody comes any more; who came already is still answered, so that nothing looks like a crash.
            let _ = fs::remove_file(path);
            last = true;
        }
        match listener.accept() {
            Ok((stream, _)) if clients.load(Ordering::Relaxed) < CLIENTS_MAX => {
                let (serve, clients) = (Arc::clone(serve), Arc::clone(&clients));
                clients.fetch_add(1, Ordering::Relaxed);
                let count = Arc::clone(&clients);
                let spawned = std::thread::Builder::new().name("client".to_owned()).spawn(move || {
                    if let Err(error) = attend(stream, &*serve) {
                        tracing::debug!(%error, "a client went away");
                    }
                    clients.fetch_sub(1, Ordering::Relaxed);
                });
                if spawned.is_err() {
                    count.fetch_sub(1, Ordering::Relaxed);
                }
            }
            // Too many: closed at once, the client sees a lost node and tries again.
            Ok(_) => {}
            Err(_) if last => break,
            Err(_) => std::thread::park_timeout(POLL),
        }
    }
    let patience = std::time::Instant::now() + FAREWELL;
    while clients.load(Ordering::Relaxed) > 0 && std::time::Instant::now() < patience {
        std::thread::park_timeout(POLL / 10);
    }
}

fn attend(mut stream: UnixStream, serve: &Serve) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(STALL))?;
    let mut reading = stream.try_clone()?;
    while let Some(ask) = read_message::<Ask>(&mut reading)? {
        let mut gone = false;
        let result = understand(&ask).and_then(|call| {
            serve(call, &mut |done, total| {
                let of = Some(answer::Of::Progress(Progress { done, total }));
                gone = gone || write_message(&mut stream, &Answer { of }).is_err();
            })
        });
        let of = match result {
            Ok(reply) => serde_json::to_vec(&reply).map(answer::Of::Reply),
            Err(error) => serde_json::to_vec(&error).map(answer::Of::Error),
        };
        let of = of.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        write_message(&mut stream, &Answer { of: Some(of) })?;
    }
    Ok(())
}

fn understand(ask: &Ask) -> Result<Call, Error> {
    let skew = || Error::version_skew(PROGRAM, &ask.program);
    let call: Call = serde_json::from_slice(&ask.call).map_err(|_| skew())?;
    let always = matches!(call.request, Request::Owner | Request::Stop);
    if ask.program == PROGRAM || always { Ok(call) } else { Err(skew()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(request: Request) -> Call {
        Call { community: None, now: None, request }
    }

    fn echo() -> Arc<Serve> {
        Arc::new(|call, progress| {
            progress(1, 2);
            match call.request {
                Request::Stop => Ok(Reply::Done),
                _ => Err(Error::no_document("x")),
            }
        })
    }

    #[test]
    fn asks_and_answers_pass() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let listener = Listener::start(&path, echo()).expect("listening");
        let mut connection = Connection::open(&path).expect("connected");
        let mut seen = Vec::new();
        let reply = connection.call(&call(Request::Stop), &mut |done, total| seen.push((done, total)));
        assert!(matches!(reply, Ok(Reply::Done)));
        assert_eq!(seen, [(1, 2)]);
        let error = connection.call(&call(Request::Members), &mut |_, _| {}).expect_err("an error");
        assert_eq!(error, Error::no_document("x"));
        drop(listener);
        assert!(Connection::open(&path).is_err());
        assert!(!path.exists());
    }

    #[test]
    fn garbage_is_refused_and_others_are_served() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let _listener = Listener::start(&path, echo()).expect("listening");
        let mut garbage = UnixStream::connect(&path).expect("connected");
        garbage.write_all(&[0xff; 64]).expect("sent");
        let mut rest = Vec::new();
        let _ = garbage.read_to_end(&mut rest);
        assert!(rest.is_empty());
        let mut connection = Connection::open(&path).expect("connected");
        assert!(connection.call(&call(Request::Stop), &mut |_, _| {}).is_ok());
    }

    #[test]
    fn another_version_is_told_so() {
        let ask =
            |request| Ask { program: "0.0.0".to_owned(), call: serde_json::to_vec(&call(request)).expect("JSON") };
        assert!(understand(&ask(Request::Stop)).is_ok());
        assert_eq!(understand(&ask(Request::Members)).map(|_| ()).expect_err("refused").code, "version_skew");
    }
}
