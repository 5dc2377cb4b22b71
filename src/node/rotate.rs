//! New keys of spaces: made by whoever writes next, once somebody who lost the right has every key there is.

use super::error::Error;
use super::pen::Pen;
use crate::model::governance;
use crate::model::seal::SpaceKey;
use crate::model::{EpochId, SpaceId};
use crate::wire::entry::GovernanceContent;

impl Pen<'_> {
    /// Makes a new key of a space where one is owed, before anything is sealed under an old one.
    pub(super) fn rotate_if_owed(&mut self, space: SpaceId) -> Result<(), Error> {
        if !self.engine.state().rotation_owed(space) {
            return Ok(());
        }
        let tips = self.engine.state().epoch_tips(space);
        let keys = &self.engine.keys;
        let earlier: Vec<(EpochId, SpaceKey)> =
            tips.into_iter().filter_map(|epoch| Some((epoch, keys.space(space, epoch)?.clone()))).collect();
        if earlier.is_empty() {
            return Err(Error::no_key(space));
        }
        let to = self.engine.state().recipients(space);
        let key = SpaceKey::generate(self.env);
        let shape = governance::rotate(space, &key, &to, &earlier, self.env);
        let entry = self.govern(&shape, &GovernanceContent::default())?;
        self.engine.keys.spaces.push((space, EpochId::of(entry), key));
        self.engine.keys_changed = true;
        Ok(())
    }
}
