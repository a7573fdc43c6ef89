//! What the campaign says of itself, as far as exports show it.

/// The plan that results are held against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The office that makes the report.
    pub office: Option<String>,
    /// By what decisions the campaign is held.
    pub legal_basis: Vec<String>,
    /// First day of collecting, as it is written in Vietnam.
    pub starts: Option<String>,
    /// Last day of collecting.
    pub ends: Option<String>,
    /// Its units as a tree: each is followed by those below it.
    pub units: Vec<PlanUnit>,
    /// Its forms and how many ballots should come of each in all.
    pub forms: Vec<(String, Option<u64>)>,
}

/// What a unit should collect itself, without those below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanUnit {
    /// Its id.
    pub id: String,
    /// How many units are above it.
    pub depth: u32,
    /// Ballots of all forms.
    pub quota: Option<u64>,
    /// By form.
    pub quotas: Vec<(String, u64)>,
}
