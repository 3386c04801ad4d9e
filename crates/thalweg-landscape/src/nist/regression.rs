//! [`Regression`]: observations, a model, and what its parameters are certified to be.

/// How difficult NIST found a regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difficulty {
    /// Most programs reach the certified values from both starts.
    Lower,
    /// Some do not.
    Average,
    /// Many do not, at least from the first start.
    Higher,
}

/// A nonlinear regression of NIST's Statistical Reference Datasets: response = model(parameters, predictors) + error.
///
/// ```
/// use thalweg_landscape::Landscape;
///
/// let misra = Landscape::parse("misra1a(start=2)")?;
/// let regression = misra.regression().unwrap();
/// assert_eq!(regression.model, "b1 * (1 - exp(-b2 * x))");
/// assert_eq!((regression.response[0], regression.predictors[0][0]), (10.07, 77.6));
/// assert_eq!(regression.parameters, [2.3894212918e2, 5.5015643181e-4]);
/// assert_eq!(misra.start(), regression.starts[1]);
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// NIST's name: `Misra1a`.
    pub name: &'static str,
    /// How difficult NIST found it.
    pub difficulty: Difficulty,
    /// The model in the grammar of [`Expression`](thalweg_function::Expression), of the parameters `b1`, `b2`, … and the predictors.
    pub model: &'static str,
    /// The predictors' names: `x`, or `x1` and `x2`.
    pub names: Vec<&'static str>,
    /// Of each predictor its observed values.
    pub predictors: Vec<Vec<f64>>,
    /// The observed responses, or their natural logarithms if the model is one of these (`Nelson` alone).
    pub response: Vec<f64>,
    /// NIST's two starts: one far from the solution, one nearer.
    pub starts: [Vec<f64>; 2],
    /// The certified parameters, to eleven digits.
    pub parameters: Vec<f64>,
    /// Their certified standard deviations.
    pub deviations: Vec<f64>,
    /// The certified sum of the squares of the residuals.
    pub sum_of_squares: f64,
    /// The certified standard deviation of the residuals: √(sum of squares / degrees of freedom).
    pub residual_deviation: f64,
}

impl Regression {
    /// The number of observations less that of parameters.
    pub fn degrees_of_freedom(&self) -> usize {
        self.response.len() - self.parameters.len()
    }

    /// Reads a file of `data/nist`: a line a parameter, two sums, the columns' names, a line an observation.
    pub(super) fn read(
        name: &'static str,
        difficulty: Difficulty,
        model: &'static str,
        text: &'static str,
    ) -> Self {
        let mut regression = Regression {
            name,
            difficulty,
            model,
            names: Vec::new(),
            predictors: Vec::new(),
            response: Vec::new(),
            starts: [Vec::new(), Vec::new()],
            parameters: Vec::new(),
            deviations: Vec::new(),
            sum_of_squares: 0.0,
            residual_deviation: 0.0,
        };
        let mut lines = text.lines().skip(1).map(|line| line.split(' '));
        let number = |text: &str| text.parse::<f64>().expect("a number");
        for mut line in lines.by_ref() {
            let head = line.next().expect("a word");
            if head == "y" {
                regression.names = line.collect();
                regression.predictors = vec![Vec::new(); regression.names.len()];
                break;
            }
            let numbers: Vec<f64> = line.map(number).collect();
            match (head, &numbers[..]) {
                ("residual_sum_of_squares", &[sum]) => regression.sum_of_squares = sum,
                ("residual_standard_deviation", &[deviation]) => regression.residual_deviation = deviation,
                (_, &[first, second, certified, deviation]) => {
                    regression.starts[0].push(first);
                    regression.starts[1].push(second);
                    regression.parameters.push(certified);
                    regression.deviations.push(deviation);
                }
                _ => unreachable!("lines have one of these forms: {head}"),
            }
        }
        for mut line in lines {
            regression.response.push(number(line.next().expect("the response")));
            for (predictor, text) in regression.predictors.iter_mut().zip(line) {
                predictor.push(number(text));
            }
        }
        regression
    }
}
