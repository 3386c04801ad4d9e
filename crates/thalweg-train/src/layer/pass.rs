//! [`Pass`]: what layers get while they are traced.

use super::Misfit;
use thalweg_function::Var;

/// One trace of a network: hands layers their parameters and buffers by name, and takes buffers' new values.
#[derive(Debug)]
pub struct Pass {
    parameters: Vec<(String, Var)>,
    buffers: Vec<(String, Var)>,
    key: Option<Var>,
    prefix: String,
    misfit: Option<Misfit>,
}

impl Pass {
    /// With what the names stand for; in training a key for random numbers, otherwise none.
    pub(crate) fn new(parameters: Vec<(String, Var)>, buffers: Vec<(String, Var)>, key: Option<Var>) -> Self {
        Pass { parameters, buffers, key, prefix: String::new(), misfit: None }
    }

    /// The new values of the buffers, in order, or the first thing that went wrong.
    pub(crate) fn finish(self) -> Result<Vec<Var>, Misfit> {
        match self.misfit {
            Some(misfit) => Err(misfit),
            None => Ok(self.buffers.into_iter().map(|(_, value)| value).collect()),
        }
    }

    /// Whether the network is being trained, rather than evaluated.
    pub fn training(&self) -> bool {
        self.key.is_some()
    }

    /// The key for this step's random numbers; none in evaluation.
    pub fn key(&self) -> Option<Var> {
        self.key
    }

    /// The layer's parameter of this name.
    pub fn parameter(&mut self, name: &str) -> Var {
        self.find("parameter", name)
    }

    /// The layer's buffer of this name, as it was before this step.
    pub fn buffer(&mut self, name: &str) -> Var {
        self.find("buffer", name)
    }

    /// Gives the layer's buffer of this name a new value for the next step.
    pub fn update(&mut self, name: &str, value: Var) {
        let name = self.full(name);
        match self.buffers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, place)) => *place = value,
            None => self.unknown("buffer", name),
        }
    }

    /// Runs `walk` for the part called `segment`, whose names begin with it.
    pub fn within<R>(&mut self, segment: &str, walk: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.prefix.len();
        self.prefix.push_str(segment);
        self.prefix.push('.');
        let result = walk(self);
        self.prefix.truncate(outer);
        result
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn find(&mut self, kind: &str, name: &str) -> Var {
        let name = self.full(name);
        let list = if kind == "parameter" { &self.parameters } else { &self.buffers };
        if let Some((_, var)) = list.iter().find(|(known, _)| *known == name) {
            return *var;
        }
        self.unknown(kind, name);
        Var::constant(f64::NAN)
    }

    fn unknown(&mut self, kind: &str, name: String) {
        let wanted = format!(
            "one that the layer's form says, by `Form::{}`",
            match kind {
                "parameter" => "learns",
                _ => "keeps",
            }
        );
        self.misfit.get_or_insert(Misfit::new(format!("a {kind} that a layer asks for"), name, wanted));
    }
}
