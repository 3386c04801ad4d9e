//! Data sets by name: fetched once, checked, kept.

use super::error::DataError;
use sha2::{Digest, Sha256};
use std::{
    env,
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};
use ureq::{Agent, http::header};

/// How often a connection that breaks off is taken up again.
const ATTEMPTS: u64 = 4;

/// Files that belong together, and where they are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The name, which is also that of its folder in the cache.
    pub name: String,
    /// The address of the folder with the files.
    pub base: String,
    /// The files.
    pub files: Vec<RemoteFile>,
}

/// A file as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// The name, to be appended to the address.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetched<'a> {
    /// The file.
    pub file: &'a str,
    /// Bytes that are there, those of an earlier attempt included.
    pub done: u64,
    /// Bytes that it has.
    pub total: u64,
}

impl Remote {
    /// The data set of this name: `mnist` or `fashion-mnist`, in four gzipped IDX files that [`mnist`](super::mnist) reads.
    ///
    /// Sources: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", here from PyTorch's mirror; Xiao, Rasul and
    /// Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017.
    ///
    /// # Errors
    /// There is no such name.
    ///
    /// ```
    /// let files = thalweg_train::data::Remote::named("fashion-mnist")?.files;
    /// assert_eq!(files.iter().map(|file| file.bytes).sum::<u64>(), 30_878_645);
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, DataError> {
        let (base, sums) = match name {
            "mnist" => ("https://ossci-datasets.s3.amazonaws.com/mnist/", MNIST),
            "fashion-mnist" => ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", FASHION_MNIST),
            _ => {
                let found = format!("`{name}`");
                return Err(DataError::invalid("data", "the name", found, "mnist or fashion-mnist"));
            }
        };
        let file = |(name, (bytes, sha256)): (&str, (u64, &str))| RemoteFile {
            name: name.into(),
            bytes,
            sha256: sha256.into(),
        };
        let files = FILES.into_iter().zip(sums).map(file).collect();
        Ok(Self { name: name.into(), base: base.into(), files })
    }

    /// Sees to it that all files lie in `dir`, and fetches those that do not. Files count as there when their length is right: they get
    /// their name only after their checksum was.
    ///
    /// `progress` is told how far a file is; [`ControlFlow::Break`] stops. What came so far lies beside the file under `.part` and is
    /// continued next time, as it is when the connection breaks off, if the server can begin in the middle.
    ///
    /// # Errors
    /// The server does not have the file or cannot be reached, the file's length or checksum is not what it must be, the file cannot be
    /// written, `progress` stopped.
    pub fn fetch(
        &self,
        dir: &Path,
        progress: &mut dyn FnMut(Fetched<'_>) -> ControlFlow<()>,
    ) -> Result<(), DataError> {
        fs::create_dir_all(dir).map_err(|error| DataError::io(&dir.display().to_string(), &error))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_secs(60)));
        let agent = Agent::new_with_config(config.build());
        for file in &self.files {
            let path = dir.join(&file.name);
            if path.metadata().is_ok_and(|about| about.len() == file.bytes) {
                continue;
            }
            let address = format!("{}/{}", self.base.trim_end_matches('/'), file.name);
            Download { agent: &agent, address, file, part: dir.join(format!("{}.part", file.name)) }
                .run(progress)?;
            let part = dir.join(format!("{}.part", file.name));
            fs::rename(&part, &path).map_err(|error| DataError::io(&path.display().to_string(), &error))?;
        }
        Ok(())
    }
}

/// The folder for fetched data: `thalweg` in `XDG_CACHE_HOME`, in `LOCALAPPDATA` or in `~/.cache`, whichever is first set.
pub fn cache_dir() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || set("HOME").map(|home| home.join(".cache"));
    // The specification says to ignore paths that are not absolute.
    let base = set("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    base.or_else(|| set("LOCALAPPDATA")).or_else(home).map(|base| base.join("thalweg"))
}

struct Download<'a> {
    agent: &'a Agent,
    address: String,
    file: &'a RemoteFile,
    part: PathBuf,
}

/// Why an attempt ended before the file did.
enum Stop {
    /// Trying again can help.
    Broken(String),
    Final(DataError),
}

impl From<DataError> for Stop {
    fn from(error: DataError) -> Self {
        Self::Final(error)
    }
}

impl Download<'_> {
    /// Fetches into the `.part` file until it is whole and right.
    fn run(&self, progress: &mut dyn FnMut(Fetched<'_>) -> ControlFlow<()>) -> Result<(), DataError> {
        let mut attempt = 1;
        loop {
            match self.attempt(progress) {
                Ok(()) => return self.check(),
                Err(Stop::Final(error)) => return Err(error),
                Err(Stop::Broken(problem)) if attempt == ATTEMPTS => return Err(self.failed(problem)),
                Err(Stop::Broken(_)) => sleep(Duration::from_millis(100 * attempt)),
            }
            attempt += 1;
        }
    }

    fn attempt(&self, progress: &mut dyn FnMut(Fetched<'_>) -> ControlFlow<()>) -> Result<(), Stop> {
        let total = self.file.bytes;
        let mut done = self.part.metadata().map_or(0, |about| about.len());
        if done == total {
            return Ok(());
        }
        if done > total {
            done = 0;
        }
        let mut request = self.agent.get(&self.address);
        if done > 0 {
            request = request.header(header::RANGE, format!("bytes={done}-"));
        }
        let response = request.call().map_err(|error| Stop::Broken(error.to_string()))?;
        match response.status().as_u16() {
            206 => {
                let range =
                    response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
                if !range.is_some_and(|range| range.starts_with(&format!("bytes {done}-"))) {
                    // Another part than the one asked for: from the start, then.
                    self.forget()?;
                    return Err(Stop::Broken(format!("the server sent the range {range:?}")));
                }
            }
            200 => done = 0,
            416 => {
                self.forget()?;
                return Err(Stop::Broken("the server cannot continue the file".into()));
            }
            status @ 500..=599 => return Err(Stop::Broken(format!("the server answers {status}"))),
            status => return Err(self.failed(format!("the server answers {status}")).into()),
        }
        let mut out = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&self.part)
            .and_then(|out| out.set_len(done).map(|()| out))
            .map_err(|error| self.unwritable(&error))?;
        io::Seek::seek(&mut out, io::SeekFrom::End(0)).map_err(|error| self.unwritable(&error))?;
        let mut body = response.into_body().into_reader();
        let mut block = vec![0; 1 << 16];
        loop {
            if progress(Fetched { file: &self.file.name, done, total }).is_break() {
                return Err(DataError::Stopped { address: self.address.clone() }.into());
            }
            match body.read(&mut block) {
                Ok(0) if done == total => break,
                Ok(0) => {
                    return Err(Stop::Broken(format!("the connection ended after {done} of {total} bytes")));
                }
                Ok(read) => {
                    done += read as u64;
                    if done > total {
                        self.forget()?;
                        return Err(self.failed(format!("it is longer than {total} bytes")).into());
                    }
                    out.write_all(&block[..read]).map_err(|error| self.unwritable(&error))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Stop::Broken(error.to_string())),
            }
        }
        out.sync_all().map_err(|error| self.unwritable(&error).into())
    }

    /// Compares the checksum, and throws the file away where it is wrong.
    fn check(&self) -> Result<(), DataError> {
        let mut hash = Sha256::new();
        let mut block = vec![0; 1 << 16];
        let mut file = File::open(&self.part).map_err(|error| self.unwritable(&error))?;
        loop {
            match file.read(&mut block).map_err(|error| self.unwritable(&error))? {
                0 => break,
                read => hash.update(&block[..read]),
            }
        }
        let mut found = String::new();
        for byte in hash.finalize() {
            // Writing to a string does not fail.
            let _ = write!(found, "{byte:02x}");
        }
        if found == self.file.sha256 {
            return Ok(());
        }
        self.forget()?;
        Err(DataError::invalid(&self.address, "the SHA-256", found, &self.file.sha256))
    }

    fn forget(&self) -> Result<(), DataError> {
        match fs::remove_file(&self.part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.unwritable(&error)),
            _ => Ok(()),
        }
    }

    fn unwritable(&self, error: &io::Error) -> DataError {
        DataError::io(&self.part.display().to_string(), error)
    }

    fn failed(&self, problem: String) -> DataError {
        let dir = self.part.parent().unwrap_or(Path::new(".")).display().to_string();
        DataError::Download { address: self.address.clone(), problem, dir }
    }
}

const FILES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

/// Lengths and checksums, in the order of `FILES`.
type Sums = [(u64, &'static str); 4];

const MNIST: Sums = [
    (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
];

const FASHION_MNIST: Sums = [
    (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
];
