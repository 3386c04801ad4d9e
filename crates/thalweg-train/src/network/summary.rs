//! [`Summary`]: the layers of a network as a table.

use super::Network;
use crate::layer::Layer;
use std::fmt;

/// The layers of a network, the shapes of examples after them, and how many numbers they learn.
///
/// ```
/// let network = "mlp(512)".parse::<thalweg_train::network::Model>()?.network(&[784], 10)?;
/// assert_eq!(network.summary().to_string(), "\
/// layer             output  parameters
/// 0  Dense          [512]      401,920
/// 1  Relu           [512]            0
/// 2  Dense          [10]         5,130
///    total                     407,050
/// ");
/// # Ok::<(), thalweg_train::network::NetworkError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// For each layer what it is, the shape of an example after it, and how many numbers it learns.
    pub rows: Vec<(String, Vec<usize>, usize)>,
    /// How many numbers are learnt in all.
    pub parameters: usize,
    /// How many numbers are kept beside.
    pub buffers: usize,
}

impl Network {
    /// The layers as a table.
    pub fn summary(&self) -> Summary {
        let mut shape = self.input().to_vec();
        let mut rows = Vec::new();
        for layer in self.layers() {
            // The network was made of the same forms.
            let Ok(form) = layer.form(&shape) else { break };
            shape.clone_from(&form.output);
            let learnt = form.parameters.iter().map(|p| p.shape.iter().product::<usize>()).sum();
            rows.push((name_of(layer.as_ref()), form.output, learnt));
        }
        Summary { rows, parameters: self.parameters().len(), buffers: self.buffers().len() }
    }
}

/// What stands first in its debug form.
fn name_of(layer: &dyn Layer) -> String {
    let debug = format!("{layer:?}");
    debug.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: Vec<[String; 3]> = vec![["layer", "output", "parameters"].map(str::to_owned)];
        for (k, (name, output, learnt)) in self.rows.iter().enumerate() {
            rows.push([format!("{k:<2} {name}"), format!("{output:?}"), grouped(*learnt)]);
        }
        rows.push(["   total".to_owned(), String::new(), grouped(self.parameters)]);
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let (layers, outputs, numbers) = (width(0).max(16), width(1), width(2));
        for [layer, output, learnt] in &rows {
            writeln!(f, "{layer:layers$}  {output:outputs$}  {learnt:>numbers$}")?;
        }
        Ok(())
    }
}

/// Digits in groups of three.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
