//! The campaigns that ship: what to write into a folder to begin with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::station::StationError;

/// A campaign that ships: its name and its files.
#[derive(Debug, Clone, Copy)]
pub struct ShippedCampaign {
    /// Name of its folder.
    pub name: &'static str,
    /// Paths in the folder, and what is in them.
    files: &'static [(&'static str, &'static str)],
}

impl ShippedCampaign {
    /// All, by name.
    pub const ALL: &'static [Self] = &[
        Self {
            name: "ba-dinh-2022",
            files: &[(
                "campaign.toml",
                include_str!("../../../templates/campaigns/ba-dinh-2022/campaign.toml"),
            )],
        },
        Self {
            name: "binh-dinh-2024",
            files: &[
                (
                    "campaign.toml",
                    include_str!("../../../templates/campaigns/binh-dinh-2024/campaign.toml"),
                ),
                (
                    "forms/binh-dinh-2024/form.toml",
                    include_str!(
                        "../../../templates/campaigns/binh-dinh-2024/forms/binh-dinh-2024/form.toml"
                    ),
                ),
            ],
        },
        Self {
            name: "hoang-kim-2024",
            files: &[
                (
                    "campaign.toml",
                    include_str!("../../../templates/campaigns/hoang-kim-2024/campaign.toml"),
                ),
                (
                    "forms/hoang-kim-2024-bao-tro/form.toml",
                    include_str!(
                        "../../../templates/campaigns/hoang-kim-2024/forms/hoang-kim-2024-bao-tro/form.toml"
                    ),
                ),
                (
                    "forms/hoang-kim-2024-ho-tich/form.toml",
                    include_str!(
                        "../../../templates/campaigns/hoang-kim-2024/forms/hoang-kim-2024-ho-tich/form.toml"
                    ),
                ),
            ],
        },
        Self {
            name: "lai-chau-2023",
            files: &[
                (
                    "campaign.toml",
                    include_str!("../../../templates/campaigns/lai-chau-2023/campaign.toml"),
                ),
                (
                    "forms/lai-chau-2023-01/form.toml",
                    include_str!(
                        "../../../templates/campaigns/lai-chau-2023/forms/lai-chau-2023-01/form.toml"
                    ),
                ),
                (
                    "forms/lai-chau-2023-02/form.toml",
                    include_str!(
                        "../../../templates/campaigns/lai-chau-2023/forms/lai-chau-2023-02/form.toml"
                    ),
                ),
                (
                    "forms/lai-chau-2023-03/form.toml",
                    include_str!(
                        "../../../templates/campaigns/lai-chau-2023/forms/lai-chau-2023-03/form.toml"
                    ),
                ),
                (
                    "forms/lai-chau-2023-04/form.toml",
                    include_str!(
                        "../../../templates/campaigns/lai-chau-2023/forms/lai-chau-2023-04/form.toml"
                    ),
                ),
            ],
        },
        Self {
            name: "tien-giang-2024",
            files: &[
                (
                    "campaign.toml",
                    include_str!("../../../templates/campaigns/tien-giang-2024/campaign.toml"),
                ),
                (
                    "forms/tien-giang-2024-atm/form.toml",
                    include_str!(
                        "../../../templates/campaigns/tien-giang-2024/forms/tien-giang-2024-atm/form.toml"
                    ),
                ),
                (
                    "forms/tien-giang-2024-dien-tu/form.toml",
                    include_str!(
                        "../../../templates/campaigns/tien-giang-2024/forms/tien-giang-2024-dien-tu/form.toml"
                    ),
                ),
                (
                    "forms/tien-giang-2024-dv-thu/form.toml",
                    include_str!(
                        "../../../templates/campaigns/tien-giang-2024/forms/tien-giang-2024-dv-thu/form.toml"
                    ),
                ),
                (
                    "forms/tien-giang-2024-kcb/form.toml",
                    include_str!(
                        "../../../templates/campaigns/tien-giang-2024/forms/tien-giang-2024-kcb/form.toml"
                    ),
                ),
                (
                    "forms/tien-giang-2024-mot-cua/form.toml",
                    include_str!(
                        "../../../templates/campaigns/tien-giang-2024/forms/tien-giang-2024-mot-cua/form.toml"
                    ),
                ),
                (
                    "forms/tien-giang-2024-tien-mat/form.toml",
                    include_str!(
                        "../../../templates/campaigns/tien-giang-2024/forms/tien-giang-2024-tien-mat/form.toml"
                    ),
                ),
            ],
        },
    ];

    /// The campaign of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.name == name)
    }

    /// Writes its files into a folder, which is made; returns its campaign.toml.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write_to(&self, dir: &Path) -> Result<PathBuf, StationError> {
        for (path, text) in self.files {
            let path = dir.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(StationError::io(folder, "create"))?;
            }
            fs::write(&path, text).map_err(StationError::io(&path, "write"))?;
        }
        Ok(dir.join("campaign.toml"))
    }
}
