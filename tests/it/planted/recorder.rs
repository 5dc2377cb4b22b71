//! A link that is listened in on: passes bytes on between a node and whoever dials, keeps all of them, and can hold the
//! line in the middle.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

/// Never holds the line.
const NEVER: u64 = u64::MAX;

/// What passed, and where the line is held.
#[derive(Default)]
struct Shared {
    bytes: Mutex<Vec<u8>>,
    /// Bytes that may still pass from the node.
    left: AtomicU64,
    held: Mutex<Option<mpsc::Sender<()>>>,
}

/// A port that leads to a node.
pub(super) struct Recorder {
    pub(super) port: u16,
    shared: Arc<Shared>,
}

impl Recorder {
    /// Opens a port that leads to this one.
    pub(super) fn before(port: u16) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let own = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared { left: AtomicU64::new(NEVER), ..Shared::default() });
        let kept = Arc::clone(&shared);
        std::thread::spawn(move || {
            for from in listener.incoming().map_while(Result::ok) {
                let Ok(to) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let (back, forth) = (to.try_clone().expect("cloned"), from.try_clone().expect("cloned"));
                let shared = Arc::clone(&kept);
                std::thread::spawn(move || pass(from, to, &shared, false));
                let shared = Arc::clone(&kept);
                std::thread::spawn(move || pass(back, forth, &shared, true));
            }
        });
        Recorder { port: own, shared }
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Lets so many more bytes of the node pass, then none: who listens to the answer hears when.
    pub(super) fn hold_after(&self, bytes: u64) -> mpsc::Receiver<()> {
        let (sender, receiver) = mpsc::channel();
        *self.shared.held.lock().expect("whole") = Some(sender);
        self.shared.left.store(bytes, Ordering::SeqCst);
        receiver
    }

    /// Lets everything pass again, on new connections.
    pub(super) fn release(&self) {
        self.shared.left.store(NEVER, Ordering::SeqCst);
    }

    /// Takes what passed until now.
    pub(super) fn taken(&self) -> Vec<u8> {
        std::mem::take(&mut self.shared.bytes.lock().expect("whole"))
    }
}

/// Passes bytes on until one end closes, or the line is held.
fn pass(mut from: TcpStream, mut to: TcpStream, shared: &Shared, counts: bool) {
    let mut buffer = [0; 4_096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        shared.bytes.lock().expect("whole").extend(&buffer[..read]);
        let left = shared.left.load(Ordering::SeqCst);
        if counts && left != NEVER {
            let kept = left.saturating_sub(read as u64);
            shared.left.store(kept, Ordering::SeqCst);
            if kept == 0 {
                if let Some(held) = shared.held.lock().expect("whole").take() {
                    let _ = held.send(());
                }
                // The other direction keeps the connection: nobody sees an end.
                return;
            }
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
