//! Two variables: problems 1 to 24.

use super::{INF, problems};

problems! {
    1 "100*(x2 - x1^2)^2 + (1 - x1)^2"
        equal []
        least []
        limits [(-INF, INF), (-1.5, INF)] start [-2.0, 1.0]
        minimum 0.0 at [1.0, 1.0];

    2 "100*(x2 - x1^2)^2 + (1 - x1)^2"
        equal []
        least []
        limits [(-INF, INF), (1.5, INF)] start [-2.0, 1.0]
        minimum 0.05042618789360708 at [1.2243707487363524, 1.5];

    3 "x2 + 1e-5*(x2 - x1)^2"
        equal []
        least []
        limits [(-INF, INF), (0.0, INF)] start [10.0, 1.0]
        minimum 0.0 at [0.0, 0.0];

    4 "(x1 + 1)^3/3 + x2"
        equal []
        least []
        limits [(1.0, INF), (0.0, INF)] start [1.125, 0.125]
        minimum 2.6666666666666665 at [1.0, 0.0];

    5 "sin(x1 + x2) + (x1 - x2)^2 - 1.5*x1 + 2.5*x2 + 1"
        equal []
        least []
        limits [(-1.5, 4.0), (-3.0, 3.0)] start [0.0, 0.0]
        minimum -1.9132229549810364 at [-0.5471975511965977, -1.5471975511965979];

    6 "(1 - x1)^2"
        equal ["10*(x2 - x1^2)"]
        least []
        limits [] start [-1.2, 1.0]
        minimum 0.0 at [1.0, 1.0];

    7 "log(1 + x1^2) - x2"
        equal ["(1 + x1^2)^2 + x2^2 - 4"]
        least []
        limits [] start [2.0, 2.0]
        minimum -1.7320508075688772 at [0.0, 1.7320508075688772];

    8 "0*x1 - 1"
        equal ["x1^2 + x2^2 - 25", "x1*x2 - 9"]
        least []
        limits [] start [2.0, 1.0]
        minimum -1.0 at [4.601594917683296, 1.955843606618705];

    9 "sin(pi*x1/12)*cos(pi*x2/16)"
        equal ["4*x1 - 3*x2"]
        least []
        limits [] start [0.0, 0.0]
        minimum -0.5 at [-3.0, -4.0];

    10 "x1 - x2"
        equal []
        least ["-3*x1^2 + 2*x1*x2 - x2^2 + 1"]
        limits [] start [-10.0, 10.0]
        minimum -1.0 at [0.0, 1.0];

    11 "(x1 - 5)^2 + x2^2 - 25"
        equal []
        least ["x2 - x1^2"]
        limits [] start [4.9, 0.1]
        minimum -8.498464223154677 at [1.234772825053297, 1.5246639294900999];

    12 "x1^2/2 + x2^2 - x1*x2 - 7*x1 - 7*x2"
        equal []
        least ["25 - 4*x1^2 - x2^2"]
        limits [] start [0.0, 0.0]
        minimum -30.0 at [2.0, 3.0];

    14 "(x1 - 2)^2 + (x2 - 1)^2"
        equal ["x1 - 2*x2 + 1"]
        least ["1 - x1^2/4 - x2^2"]
        limits [] start [2.0, 2.0]
        minimum 1.393464980689302 at [0.8228756555322952, 0.9114378277661477];

    15 "100*(x2 - x1^2)^2 + (1 - x1)^2"
        equal []
        least ["x1*x2 - 1", "x1 + x2^2"]
        limits [(-INF, 0.5), (-INF, INF)] start [-2.0, 1.0]
        minimum 306.5 at [0.5, 2.0];

    16 "100*(x2 - x1^2)^2 + (1 - x1)^2"
        equal []
        least ["x1 + x2^2", "x1^2 + x2"]
        limits [(-0.5, 0.5), (-INF, 1.0)] start [-2.0, 1.0]
        minimum 0.25 at [0.5, 0.25];

    17 "100*(x2 - x1^2)^2 + (1 - x1)^2"
        equal []
        least ["x2^2 - x1", "x1^2 - x2"]
        limits [(-0.5, 0.5), (-INF, 1.0)] start [-2.0, 1.0]
        minimum 1.0 at [0.0, 0.0];

    18 "0.01*x1^2 + x2^2"
        equal []
        least ["x1*x2 - 25", "x1^2 + x2^2 - 25"]
        limits [(2.0, 50.0), (0.0, 50.0)] start [2.0, 2.0]
        minimum 5.0 at [15.811388300841896, 1.5811388300841898];

    19 "(x1 - 10)^3 + (x2 - 20)^3"
        equal []
        least ["(x1 - 5)^2 + (x2 - 5)^2 - 100", "82.81 - (x2 - 5)^2 - (x1 - 6)^2"]
        limits [(13.0, 100.0), (0.0, 100.0)] start [20.1, 5.84]
        minimum -6961.813875580142 at [14.094999999999999, 0.8429607892154757];

    20 "100*(x2 - x1^2)^2 + (1 - x1)^2"
        equal []
        least ["x1 + x2^2", "x1^2 + x2", "x1^2 + x2^2 - 1"]
        limits [(-0.5, 0.5), (-INF, INF)] start [-2.0, 1.0]
        minimum 38.19872981077807 at [0.5, 0.8660254037844386];

    21 "0.01*x1^2 + x2^2 - 100"
        equal []
        least ["10*x1 - x2 - 10"]
        limits [(2.0, 50.0), (-50.0, 50.0)] start [-1.0, -1.0]
        minimum -99.96 at [2.0, 0.0];

    22 "(x1 - 2)^2 + (x2 - 1)^2"
        equal []
        least ["2 - x1 - x2", "x2 - x1^2"]
        limits [] start [2.0, 2.0]
        minimum 1.0 at [1.0, 1.0];

    23 "x1^2 + x2^2"
        equal []
        least ["x1 + x2 - 1", "x1^2 + x2^2 - 1", "9*x1^2 + x2^2 - 9", "x1^2 - x2", "x2^2 - x1"]
        limits [(-50.0, 50.0), (-50.0, 50.0)] start [3.0, 1.0]
        minimum 2.0 at [1.0, 1.0];

    24 "((x1 - 3)^2 - 9)*x2^3/(27*sqrt(3))"
        equal []
        least ["x1/sqrt(3) - x2", "x1 + sqrt(3)*x2", "6 - x1 - sqrt(3)*x2"]
        limits [(0.0, INF), (0.0, INF)] start [1.0, 0.5]
        minimum -1.0 at [3.0, 1.7320508075688772];
}
