//! Real servers on loopback for the tests: an ordinary one, and one whose every byte is scripted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    collections::BTreeMap,
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use factory_lab::target::{Speech, Target, Targets};

/// A server, until it is dropped.
pub struct Running {
    port: u16,
    connections: Arc<AtomicUsize>,
    speech: Speech,
    _runtime: Option<tokio::runtime::Runtime>,
}

impl Running {
    /// A port on which nobody listens.
    pub fn nowhere() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { port, connections: Arc::default(), speech: Speech::default(), _runtime: None }
    }

    /// The same server, asked as `speech` says.
    pub fn asked(self, speech: Speech) -> Self {
        Self { speech, ..self }
    }

    /// The server as the only component, `web`.
    pub fn targets(&self) -> Targets {
        let web = Target { host: "127.0.0.1".to_owned(), port: self.port, speech: self.speech.clone(), public: None };
        Targets::new("web".to_owned(), BTreeMap::from([("web".to_owned(), web)]))
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}/", self.speech.scheme(), self.port)
    }

    /// Connections that were accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

struct Counting(tokio::net::TcpListener, Arc<AtomicUsize>);

impl axum::serve::Listener for Counting {
    type Io = tokio::net::TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let accepted = axum::serve::Listener::accept(&mut self.0).await;
        self.1.fetch_add(1, Ordering::SeqCst);
        accepted
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// An ordinary server on a runtime of its own.
pub fn serve(routes: impl FnOnce(axum::Router) -> axum::Router) -> Running {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = routes(axum::Router::new());
    let counting = Counting(listener, Arc::clone(&connections));
    runtime.spawn(async move { axum::serve(counting, router).await });
    Running { port, connections, speech: Speech::default(), _runtime: Some(runtime) }
}

/// A server that hands each connection, with its number, to `handle` on a thread of its own.
pub fn raw(handle: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let (counter, handle) = (Arc::clone(&connections), Arc::new(handle));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (number, handle) = (counter.fetch_add(1, Ordering::SeqCst), Arc::clone(&handle));
            std::thread::spawn(move || handle(number, stream));
        }
    });
    Running { port, connections, speech: Speech::default(), _runtime: None }
}

/// A server that hands each connection to a task of `handle`.
pub fn accepting<F>(handle: impl Fn(tokio::net::TcpStream) -> F + Send + 'static) -> Running
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    let counter = Arc::clone(&connections);
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(handle(stream));
        }
    });
    Running { port, connections, speech: Speech::default(), _runtime: Some(runtime) }
}
