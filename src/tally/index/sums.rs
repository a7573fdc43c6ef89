//! What is added up over ballots for one part of an index. All sums are whole
//! numbers, so that their order is of no account.

/// The sums of one part over some ballots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Ballots with at least one valid answer.
    pub respondents: u64,
    /// Satisfied answers.
    pub satisfied: u64,
    /// Valid answers: satisfied or not, without those outside of the index.
    pub valid: u64,
    /// Over ballots, with s satisfied of v valid answers: sums of s², s·v and v².
    squares: [u64; 3],
    /// For each v the sums of s and of s² of the ballots with v valid answers.
    by_valid: Vec<(u64, u64)>,
    /// Of a question: how often each choice was answered.
    pub choices: Vec<u64>,
}

impl Sums {
    /// Adds a ballot with `satisfied` of `valid` answers.
    pub fn add(&mut self, satisfied: u32, valid: u32) {
        if valid == 0 {
            return;
        }
        let (s, v) = (u64::from(satisfied), u64::from(valid));
        self.respondents += 1;
        self.satisfied += s;
        self.valid += v;
        self.squares[0] += s * s;
        self.squares[1] += s * v;
        self.squares[2] += v * v;
        let place = valid as usize;
        if self.by_valid.len() <= place {
            self.by_valid.resize(place + 1, (0, 0));
        }
        self.by_valid[place].0 += s;
        self.by_valid[place].1 += s * s;
    }

    /// Adds the sums of other ballots.
    pub fn merge(&mut self, other: &Self) {
        self.respondents += other.respondents;
        self.satisfied += other.satisfied;
        self.valid += other.valid;
        for (own, more) in self.squares.iter_mut().zip(other.squares) {
            *own += more;
        }
        if self.by_valid.len() < other.by_valid.len() {
            self.by_valid.resize(other.by_valid.len(), (0, 0));
        }
        for (own, more) in self.by_valid.iter_mut().zip(&other.by_valid) {
            own.0 += more.0;
            own.1 += more.1;
        }
        if self.choices.len() < other.choices.len() {
            self.choices.resize(other.choices.len(), 0);
        }
        for (own, more) in self.choices.iter_mut().zip(&other.choices) {
            *own += more;
        }
    }

    /// Satisfied answers by valid answers.
    #[must_use]
    pub fn by_answers(&self) -> Option<f64> {
        (self.valid > 0).then(|| self.satisfied as f64 / self.valid as f64)
    }

    /// The mean of the respondents' own shares.
    #[must_use]
    pub fn by_respondents(&self) -> Option<f64> {
        let shares = |f: fn(&(u64, u64)) -> u64, power: i32| -> f64 {
            let terms = self.by_valid.iter().enumerate().skip(1);
            terms
                .map(|(v, sums)| f(sums) as f64 / (v as f64).powi(power))
                .sum()
        };
        (self.respondents > 0).then(|| shares(|s| s.0, 1) / self.respondents as f64)
    }

    /// Variance of [`Self::by_answers`] with ballots as clusters: answers of one
    /// person are alike. The ratio estimator's linearised variance (Cochran,
    /// Sampling Techniques, 3rd ed., 1977, 6.4 and 9.5), without the correction for a
    /// finite population.
    #[must_use]
    pub fn variance_by_answers(&self) -> Option<f64> {
        let p = self.by_answers()?;
        let [ss, sv, vv] = self.squares.map(|x| x as f64);
        let n = self.respondents as f64;
        let rest = (ss - 2.0 * p * sv + p * p * vv).max(0.0);
        let valid = self.valid as f64;
        (n > 1.0).then(|| n / (n - 1.0) * rest / (valid * valid))
    }

    /// Variance of [`Self::by_respondents`], without the correction for a finite
    /// population.
    #[must_use]
    pub fn variance_by_respondents(&self) -> Option<f64> {
        let mean = self.by_respondents()?;
        let n = self.respondents as f64;
        let squares: f64 = self
            .by_valid
            .iter()
            .enumerate()
            .skip(1)
            .map(|(v, sums)| sums.1 as f64 / (v as f64 * v as f64))
            .sum();
        (n > 1.0).then(|| ((squares - n * mean * mean).max(0.0) / (n - 1.0)) / n)
    }
}
