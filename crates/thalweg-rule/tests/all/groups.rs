//! Chains by names of parameters.

use thalweg_rule::{
    AdamW, ClipByGlobalNorm, ClipByValue, Evaluation, Groups, Layout, Needs, Optimizer, Rule, Sgd, Snapshot,
};

use crate::functions::scattered;

fn layout() -> Layout {
    Layout::new([
        ("0.weight", vec![2, 3]),
        ("0.bias", vec![2]),
        ("norm.scale", vec![2]),
        ("1.weight", vec![3]),
        ("1.bias", vec![1]),
    ])
}

fn grouped(text: &str, layout: &Layout) -> Box<dyn Rule<f64>> {
    Optimizer::parse(text)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
        .rule_for(layout)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn own(of: &[f64], elements: &[usize]) -> Vec<f64> {
    elements.iter().map(|&at| of[at]).collect()
}

#[test]
fn a_group_goes_as_its_parts_would_alone() {
    let bias = "clip_by_global_norm(0.3) | adam(lr=0.1)";
    let norm = "nesterov(lr=0.05, lookahead=true)";
    let rest = "clip_by_global_norm(0.5) | sam(rho=0.1) | sgd(lr=0.1, momentum=0.9) | parameter_ema(0.5)";
    let list = |chain: &str| chain.replace(" | ", ", ");
    let text =
        format!("groups([\"*.bias\", {}], [\"norm*\", {}], [\"*\", {}])", list(bias), list(norm), list(rest));
    let mut together = grouped(&text, &layout());
    let mut alone: Vec<(Vec<usize>, Box<dyn Rule<f64>>)> = [
        (vec![6, 7, 13], bias, vec![("0.bias", vec![2]), ("1.bias", vec![1])]),
        (vec![8, 9], norm, vec![("norm.scale", vec![2])]),
        (vec![0, 1, 2, 3, 4, 5, 10, 11, 12], rest, vec![("0.weight", vec![2, 3]), ("1.weight", vec![3])]),
    ]
    .into_iter()
    .map(|(elements, chain, leaves)| (elements, grouped(chain, &Layout::new(leaves))))
    .collect();
    let mut x = scattered(14, 99);
    let mut parts: Vec<Vec<f64>> = alone.iter().map(|(elements, _)| own(&x, elements)).collect();
    for step in 0..7 {
        let g = scattered(14, step + 1);
        let (mut point, mut average) = (vec![f64::NAN; 14], vec![f64::NAN; 14]);
        assert!(together.evaluation_point(&x, &mut point));
        assert_eq!(together.averaged(&x, &mut average), step > 1);
        for ((elements, rule), x) in alone.iter_mut().zip(&mut parts) {
            let mut expected = x.clone();
            rule.evaluation_point(x, &mut expected);
            assert_eq!(own(&point, elements), expected, "step {step}");
            let mut expected = x.clone();
            rule.averaged(x, &mut expected);
            assert!(step < 2 || own(&average, elements) == expected, "step {step}");
            rule.step(x, &own(&g, elements)).unwrap();
        }
        together.step(&mut x, &g).unwrap();
        for ((elements, _), part) in alone.iter().zip(&parts) {
            assert_eq!(&own(&x, elements), part, "step {step}");
        }
    }
    assert_eq!(together.steps(), 7);
}

#[test]
fn frozen_parts_stay_and_their_gradients_count_for_no_norm() {
    let mut rule = grouped(
        r#"groups(["0.*", frozen], ["*", clip_by_global_norm(1, eps=0), sgd(lr=1)])"#,
        &Layout::new([("0.w", vec![1]), ("1.w", vec![2])]),
    );
    let mut x = [1.0, 0.0, 0.0];
    rule.step(&mut x, &[1e9, 3.0, 4.0]).unwrap();
    assert_eq!(x, [1.0, -0.6000000000000001, -0.8]);
    assert_eq!(Snapshot::of(&mut *rule).entries.len(), 1, "a frozen part remembers nothing");
}

#[test]
fn groups_print_as_they_parse_and_as_they_are_built() {
    let text = r#"groups(["*.bias, norm*", clip_by_value(1), sgd(lr=0.1)], ["emb", frozen], ["*", adamw()])"#;
    let parsed = Optimizer::parse(text).unwrap();
    let biases = Optimizer::from(ClipByValue::new(1.0)).then(Sgd { lr: 0.1.into(), ..Sgd::default() });
    let built = Groups::new().with("*.bias, norm*", biases).frozen("emb").otherwise(AdamW::default());
    assert_eq!(parsed, built.into());
    assert_eq!(Optimizer::parse(&parsed.to_string()), Ok(parsed.clone()));
    let behind = Optimizer::from(ClipByGlobalNorm::new(1.0)).then(parsed);
    assert_eq!(Optimizer::parse(&behind.to_string()), Ok(behind));
}

#[test]
fn entries_that_are_none_are_refused() {
    let refusal = |text: &str| Optimizer::parse(text).expect_err(text).to_string();
    let wanted = "must be a pattern and the links of a chain such as [\"*.bias\", sgd(lr=0.1)]";
    for (text, message) in [
        ("groups(3)", format!("column 8: `groups`: each entry {wanted}, found 3")),
        ("groups([sgd()])", format!("column 8: `groups`: each entry {wanted}, found [sgd]")),
        (r#"groups(["*"])"#, format!("column 8: `groups`: each entry {wanted}, found [\"*\"]")),
        (r#"groups(["*", 1])"#, format!("column 8: `groups`: each entry {wanted}, found [\"*\", 1]")),
        (r#"groups(a=["*", sgd])"#, format!("column 8: `groups`: each entry {wanted}, found [\"*\", sgd]")),
        (
            r#"groups(["a", sgd], ["*", frozen, sgd])"#,
            "column 20: `groups`: each entry is either `frozen`, which takes nothing, or a chain".to_owned(),
        ),
        (
            r#"groups(["*", frozen])"#,
            "column 1: `groups`: entries must not all be frozen: give one a chain".to_owned(),
        ),
        (
            "groups()",
            "column 1: `groups`: entries must be given, such as [\"*.bias\", sgd(lr=0.1)]".to_owned(),
        ),
        (
            r#"groups(["*", sgd(lr=-1)])"#,
            "column 18: `sgd`: lr must be finite and at least 0, found -1".to_owned(),
        ),
    ] {
        assert_eq!(refusal(text), message);
    }
    assert!(refusal(r#"groups(["*", sdg()])"#).contains("did you mean `sgd`?"));
    let typed = Groups::new().otherwise(Sgd { lr: (-1.0).into(), ..Sgd::default() });
    assert!(Optimizer::from(typed).check().is_err());
    assert!(Optimizer::from(Groups::new().with("\"", Sgd::default())).check().is_err());
}

#[test]
fn parts_without_a_group_and_groups_without_a_part_are_refused() {
    let refusal =
        |text: &str| Optimizer::parse(text).unwrap().rule_for::<f64>(&layout()).err().unwrap().to_string();
    for (text, message) in [
        (
            r#"groups(["*.bias", sgd()], ["norm*", sgd()])"#,
            "`groups`: entries have no pattern for 0.weight, 1.weight: add one, such as [\"*\", frozen] at the end",
        ),
        (
            r#"groups(["*.biass", sgd()], ["*", sgd()])"#,
            "`groups`: pattern \"*.biass\" matches nothing: there are 0.weight, 0.bias, norm.scale, 1.weight, 1.bias",
        ),
        (
            r#"groups(["*", sgd()], ["*.bias", sgd()])"#,
            "`groups`: pattern \"*.bias\" matches only what earlier patterns match: write it before them",
        ),
        (
            r#"groups(["*", sgd()]) | scale(2)"#,
            "`groups` moves the parameters itself, so `scale` cannot follow it: write `scale` before it",
        ),
    ] {
        assert_eq!(refusal(text), message);
    }
}

#[test]
fn hyperparameters_of_groups_are_called_by_their_entry() {
    let mut rule = grouped(
        r#"groups(["*.bias", scale(1), scale(2)], ["norm*", frozen], ["*", sgd(lr=0.1)])"#,
        &layout(),
    );
    let keys = |rule: &dyn Rule<f64>| -> Vec<String> {
        rule.hyperparameters().into_iter().map(|(key, _)| key).collect()
    };
    let own = ["0.0.factor", "0.1.factor", "2.lr", "2.momentum", "2.dampening", "2.weight_decay"];
    assert_eq!(keys(&*rule), own);
    rule.set("2.lr", 0.5).unwrap();
    rule.set("0.1.factor", 0.25).unwrap();
    let mut x = [0.0; 14];
    rule.step(&mut x, &[1.0; 14]).unwrap();
    assert_eq!((x[0], x[6], x[8]), (-0.5, -0.25, 0.0));
    assert!(
        rule.set("2.lr", -1.0).is_err() && rule.set("1.lr", 1.0).is_err() && rule.set("lr", 1.0).is_err()
    );

    let behind = grouped(r#"scale(3) | groups(["*", scale(2)])"#, &layout());
    assert_eq!(keys(&*behind), ["factor", "groups.0.factor"]);
}

#[test]
fn problems_side_by_side_have_groups_too() {
    let text = r#"groups(["x", clip_by_global_norm(0.5), adam(lr=0.1)])"#;
    let mut groups = Optimizer::parse(text).unwrap().rule::<f64>(3, 5).unwrap();
    let mut plain = Optimizer::parse("clip_by_global_norm(0.5) | adam(lr=0.1)").unwrap().rule(3, 5).unwrap();
    let (mut x, mut y) = (scattered(15, 9), scattered(15, 9));
    for step in 0..4 {
        groups.step(&mut x, &scattered(15, step + 1)).unwrap();
        plain.step(&mut y, &scattered(15, step + 1)).unwrap();
    }
    assert_eq!(x, y);
}

#[test]
fn groups_pass_on_what_their_rules_need() {
    let layout = Layout::new([("a", vec![1]), ("b", vec![1])]);
    let mut rule = grouped(r#"groups(["a", polyak_sgd(max_lr=10)], ["b", sgd(lr=1)])"#, &layout);
    assert_eq!(rule.needs(), Needs { values: true, hessian_vector: false });
    let mut x = [3.0, 3.0];
    assert!(rule.step(&mut x, &[6.0, 1.0]).is_err());
    assert_eq!(x, [3.0, 3.0]);
    rule.advance(&mut x, &Evaluation::of(&[6.0, 1.0]).with_values(&[9.0])).unwrap();
    assert_eq!(x, [1.5, 2.0]);
}
