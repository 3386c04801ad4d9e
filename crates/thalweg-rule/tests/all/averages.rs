//! Averages that a rule keeps beside the parameters.

use crate::functions::rule;

#[test]
fn there_is_no_average_before_the_first_step_or_after_a_reset() {
    for spec in ["asgd(lr=0.1)", "scale(1) | asgd(lr=0.1)", "asgd(lr=0.1) | scale(1)"] {
        let mut rule = rule::<f64>(spec, 2, 1);
        let (mut x, mut average) = ([1.0, 2.0], [9.0, 9.0]);
        assert!(!rule.averaged(&x, &mut average), "{spec}");
        rule.step(&mut x, &[1.0, -1.0]).unwrap();
        assert!(rule.averaged(&x, &mut average), "{spec}");
        assert_eq!(average, x, "{spec}: the average of one is that one");
        rule.reset();
        average = [9.0, 9.0];
        assert!(!rule.averaged(&x, &mut average) && average == [9.0, 9.0], "{spec}");
    }
}

#[test]
fn rules_without_an_average_leave_the_room_for_it_alone() {
    for spec in ["adam()", "clip_by_value(1) | sgd(momentum=0.9)"] {
        let mut rule = rule::<f64>(spec, 1, 1);
        let mut average = [9.0];
        rule.step(&mut [1.0], &[1.0]).unwrap();
        assert!(!rule.averaged(&[1.0], &mut average) && average == [9.0], "{spec}");
    }
}
