//! A server on loopback that answers as the API server and the register would, and remembers what
//! it was asked.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub path: String,
    pub headers: String,
    pub body: Value,
}

/// What is answered.
pub enum Reply {
    Json(u16, Value),
    Text(String),
    /// Events of a watch, which is then held open until the client goes.
    Watch(Vec<Value>),
}

pub struct Server {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, remembered) = (Arc::new(answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, remembered) = (Arc::clone(&answer), Arc::clone(&remembered));
                thread::spawn(move || {
                    if let Some(request) = read(&stream) {
                        remembered.lock().unwrap().push(request.clone());
                        write(stream, answer(&request));
                    }
                });
            }
        });
        Self { address, asked }
    }

    /// What it was asked by `method`.
    pub fn asked(&self, method: &str) -> Vec<Request> {
        self.asked.lock().unwrap().iter().filter(|request| request.method == method).cloned().collect()
    }

    /// Runs the tool with a kubeconfig that leads here.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The tool as it is run, for a test that adds to its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("kubeconfig-{}", self.address.port()));
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{ "name": "test", "cluster": { "server": format!("http://{}", self.address) } }],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test", "namespace": "service-centres" } }],
            "users": [{ "name": "test", "user": {} }],
        });
        std::fs::write(&file, config.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-factory"));
        for variable in ["FACTORY_REGISTER", "FACTORY_REGISTER_TOKEN", "FACTORY_REGULATOR_KEY", "FACTORY_OFFICE"] {
            command.env_remove(variable);
        }
        command.env("KUBECONFIG", file).args(arguments);
        command
    }
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the API server answers instead of an object.
pub fn status(code: u16, message: &str) -> Reply {
    let reason = match code {
        403 => "Forbidden",
        404 => "NotFound",
        _ => "",
    };
    let body = json!({ "apiVersion": "v1", "kind": "Status", "status": "Failure", "message": message, "reason": reason, "code": code });
    Reply::Json(code, body)
}

/// A list of objects.
pub fn list(items: &[&Value]) -> Reply {
    Reply::Json(
        200,
        json!({ "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "1" }, "items": items }),
    )
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = String::new();
    while reader.read_line(&mut headers).ok()? > 2 {}
    let length = headers
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

fn write(mut stream: TcpStream, reply: Reply) {
    let head = |code: u16, length: Option<usize>| {
        let length = length.map_or_else(String::new, |length| format!("Content-Length: {length}\r\n"));
        format!("HTTP/1.1 {code} Answer\r\nContent-Type: application/json\r\n{length}Connection: close\r\n\r\n")
    };
    let sent = match reply {
        Reply::Json(code, value) => {
            let body = value.to_string();
            stream.write_all((head(code, Some(body.len())) + &body).as_bytes())
        }
        Reply::Text(body) => stream.write_all((head(200, Some(body.len())) + &body).as_bytes()),
        Reply::Watch(events) => {
            let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
            let sent = stream.write_all((head(200, None) + &lines).as_bytes());
            // Until the client goes.
            let _ = stream.read(&mut [0; 1]);
            sent
        }
    };
    // A client that has what it wanted may be gone already.
    let _ = sent;
}
