//! The peers: where they are, making what is missing, running their programs.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::folder;
use super::machine::Machine;
use super::measurement::Measurement;
use crate::run;

/// What is installed from the Python package index when it is missing.
const PACKAGES: [&str; 6] = ["numpy", "scipy", "jax", "optax", "torch", "matplotlib"];

/// The Rust peers, and the package of measuring programs that each is locked for.
const LOCKED: [(&str, &str); 4] =
    [("rust", "argmin"), ("rust", "basin"), ("rust-frameworks", "burn"), ("rust-frameworks", "candle-nn")];

/// The peers, ready to run.
pub(super) struct Peers {
    home: PathBuf,
    xla_flags: &'static str,
}

/// A program that measures.
#[derive(Clone, Copy)]
pub(super) enum Program {
    /// A binary of `bench/rust` or `bench/rust-frameworks`.
    Rust(&'static str),
    /// A file of `bench/python`.
    Python(&'static str),
}

impl Peers {
    /// Installs and builds what is missing.
    pub(super) fn prepare() -> Result<Self, String> {
        Self::prepare_built(&[])
    }

    /// As [`prepare`](Self::prepare), of `bench/rust` one program alone.
    pub(super) fn prepare_for(program: &str) -> Result<Self, String> {
        Self::prepare_built(&["--bin", program])
    }

    fn prepare_built(parts: &[&str]) -> Result<Self, String> {
        let home = match (std::env::var_os("THALWEG_PEERS"), std::env::var_os("HOME")) {
            (Some(peers), _) => PathBuf::from(peers),
            (None, Some(home)) => PathBuf::from(home).join(".cache/thalweg-peers"),
            (None, None) => return Err("set THALWEG_PEERS to a folder for the peers".to_owned()),
        };
        // XLA would use registers half as wide as there are.
        let wide = Machine::read()?.has("avx512f");
        let peers = Peers { home, xla_flags: if wide { "--xla_cpu_prefer_vector_width=512" } else { "" } };
        if !peers.python().exists() {
            run(Command::new("python3").args(["-m", "venv"]).arg(peers.home.join("venv")))?;
        }
        if peers.python_versions().is_err() {
            run(Command::new(peers.python()).args(["-m", "pip", "install"]).args(PACKAGES))?;
        }
        peers.build("rust", parts)?;
        Ok(peers)
    }

    /// Builds the programs of the frameworks, which takes minutes.
    pub(super) fn prepare_frameworks(&self) -> Result<(), String> {
        self.build("rust-frameworks", &[])
    }

    fn build(&self, package: &str, parts: &[&str]) -> Result<(), String> {
        let mut build = crate::cargo();
        build.current_dir(folder().join(package)).env("CARGO_TARGET_DIR", self.home.join("target"));
        run(build.args(["build", "--release"]).args(parts))
    }

    fn python(&self) -> PathBuf {
        self.home.join("venv/bin/python")
    }

    /// Where a measuring program is.
    pub(super) fn file(&self, program: Program) -> PathBuf {
        match program {
            Program::Rust(name) => self.home.join("target/release").join(name),
            Program::Python(name) => folder().join("python").join(name),
        }
    }

    /// Runs a measuring program that prints one line on the first `threads` processors.
    pub(super) fn measure(
        &self,
        program: Program,
        arguments: &[String],
        threads: usize,
    ) -> Result<Measurement, String> {
        Measurement::read(&self.output(program, arguments, threads)?, threads)
    }

    /// What a program prints that runs on the first `threads` processors.
    pub(super) fn output(
        &self,
        program: Program,
        arguments: &[String],
        threads: usize,
    ) -> Result<String, String> {
        let mut command = Command::new("taskset");
        command.args(["-c", &format!("0-{}", threads - 1)]);
        if let Program::Python(_) = program {
            command.arg(self.python());
        }
        command.arg(self.file(program)).args(arguments);
        for variable in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(variable, threads.to_string());
        }
        command.env("XLA_FLAGS", format!("--xla_cpu_multi_thread_eigen={} {}", threads > 1, self.xla_flags));
        command.env("JAX_PLATFORMS", "cpu").env("PYTHONDONTWRITEBYTECODE", "1");
        output(&mut command)
    }

    /// The versions of everything that was measured.
    pub(super) fn versions(&self) -> Result<String, String> {
        let rust = output(Command::new("rustc").arg("--version"))?;
        let rust = rust.split(" (").next().unwrap_or_default().trim().to_owned();
        let own = format!("Thalweg {}", env!("CARGO_PKG_VERSION"));
        let mut versions = vec![own, rust];
        for (package, name) in LOCKED {
            versions.push(locked(package, name)?);
        }
        versions.push(self.python_versions()?);
        Ok(versions.join(", "))
    }

    fn python_versions(&self) -> Result<String, String> {
        let program = format!(
            "import sys, importlib.metadata as m; \
             print('Python', sys.version.split()[0], *(f', {{p}} {{m.version(p)}}' for p in {PACKAGES:?}))"
        );
        let line = output(Command::new(self.python()).args(["-c", &program]))?;
        Ok(line.trim().replace(" ,", ","))
    }
}

/// The version of a crate that a package of measuring programs is built with.
fn locked(package: &str, name: &str) -> Result<String, String> {
    let lock = folder().join(package).join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
    let entry = format!("name = \"{name}\"\nversion = \"");
    let version = lock.split_once(&entry).and_then(|(_, rest)| rest.split('"').next());
    version.map(|version| format!("{name} {version}")).ok_or(format!("{name} is not in Cargo.lock"))
}

/// What a command prints to its standard output.
fn output(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let output = command.stderr(Stdio::inherit()).output().map_err(|e| format!("{shown}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{shown}: {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("{shown}: {e}"))
}
