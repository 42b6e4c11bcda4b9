//! A real Prometheus server, Debian's, over samples that a test has made up: on a port of loopback, with a folder of
//! its own, gone with the test, however that ends. It scrapes nothing.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use crate::world::Folder;

/// Samples in the text of OpenMetrics.
#[derive(Default)]
pub struct Samples(String);

impl Samples {
    /// A metric of this kind, whose series come next.
    pub fn metric(&mut self, name: &str, kind: &str) {
        writeln!(self.0, "# TYPE {name} {kind}").unwrap();
    }

    /// A series, a name with labels, with each moment in seconds and the value then.
    pub fn series(&mut self, series: &str, values: impl IntoIterator<Item = (i64, i64)>) {
        for (at, value) in values {
            writeln!(self.0, "{series} {value} {at}").unwrap();
        }
    }
}

/// A server over a folder of samples.
pub struct Server {
    folder: Folder,
    running: Option<Child>,
}

impl Server {
    /// One that has these samples and does not run yet.
    pub fn over(samples: &Samples) -> Self {
        let folder = Folder::new();
        let text = folder.0.join("samples");
        std::fs::write(&text, format!("{}# EOF\n", samples.0)).unwrap();
        std::fs::write(folder.0.join("nothing.yml"), "").unwrap();
        let mut promtool = Command::new("promtool");
        // Else there is a block for every two hours, which takes a minute over a month.
        promtool.args(["tsdb", "create-blocks-from", "--max-block-duration=1458h", "openmetrics", "--quiet"]);
        let made = promtool.arg(&text).arg(folder.0.join("data")).output();
        let made = made.unwrap_or_else(|error| panic!("promtool, of Debian's package prometheus: {error}"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { folder, running: None }
    }

    /// Starts it; answers its address, which is another one each time.
    pub fn start(&mut self) -> String {
        let mut command = Command::new("setpriv");
        // It ends with the test's thread, also where that was killed.
        command.args(["--pdeathsig", "KILL", "prometheus", "--web.listen-address=127.0.0.1:0"]);
        command.arg(format!("--config.file={}", self.folder.0.join("nothing.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", self.folder.0.join("data").display()));
        command.args(["--storage.tsdb.retention.time=10y", "--log.format=logfmt"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        self.running = Some(child);
        let (mut address, mut ready, mut before) = (None, false, Vec::new());
        while address.is_none() || !ready {
            let line = said.next().unwrap_or_else(|| panic!("it ended before it served: {}", before.join("\n")));
            if line.contains("\"Listening on\"") {
                address = line.rsplit_once("address=").map(|(_, address)| format!("http://{address}"));
            }
            ready |= line.contains("Server is ready");
            before.push(line);
        }
        // Whatever it says is read, or it would wait for its reader.
        std::thread::spawn(move || said.for_each(drop));
        address.unwrap()
    }

    /// Kills it; its samples stay.
    pub fn stop(&mut self) {
        let mut child = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
