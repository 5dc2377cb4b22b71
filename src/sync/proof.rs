//! Proofs: of the community's secret, and of a device, both bound to the two transport identities.

use super::Config;

const DOMAIN: &[u8] = b"repertoire 1 session proof";

/// Which end of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Opened the stream.
    Dialler,
    /// Took it.
    Listener,
}

impl Role {
    /// Returns the other end.
    pub(crate) fn other(self) -> Role {
        match self {
            Role::Dialler => Role::Listener,
            Role::Listener => Role::Dialler,
        }
    }

    fn name(self) -> &'static [u8] {
        match self {
            Role::Dialler => b"dialler",
            Role::Listener => b"listener",
        }
    }
}

/// The two ends of a stream, as seen from one of them.
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    role: Role,
    local: Vec<u8>,
    remote: Vec<u8>,
}

impl Ends {
    /// Takes the ends from the configuration.
    pub(crate) fn new(role: Role, config: &Config) -> Ends {
        Ends { role, local: prefixed(&config.local_peer), remote: prefixed(&config.remote_peer) }
    }

    /// Returns the own role.
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// Returns the proof that one end holds the secret.
    pub(crate) fn proof(&self, role: Role, secret: &[u8; 32]) -> blake3::Hash {
        let (own, other) = if role == self.role { (&self.local, &self.remote) } else { (&self.remote, &self.local) };
        let mut hasher = blake3::Hasher::new_keyed(secret);
        hasher.update(DOMAIN).update(role.name()).update(own).update(other).finalize()
    }

    /// Returns what the device of one end signs, after the domain string.
    pub(crate) fn bound(&self, role: Role) -> Vec<u8> {
        let (dialler, listener) = match self.role {
            Role::Dialler => (&self.local, &self.remote),
            Role::Listener => (&self.remote, &self.local),
        };
        [role.name(), dialler, listener].concat()
    }
}

/// Tells whether a proof received is the one expected, in constant time.
pub(crate) fn fits(expected: blake3::Hash, received: &[u8]) -> bool {
    <[u8; 32]>::try_from(received).is_ok_and(|received| expected == blake3::Hash::from_bytes(received))
}

fn prefixed(peer: &[u8]) -> Vec<u8> {
    let length = u8::try_from(peer.len()).expect("a transport identity has at most 255 bytes");
    let mut bytes = vec![length];
    bytes.extend(peer);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_are_bound_to_role_and_both_ends() {
        let config = |local: &[u8], remote: &[u8]| Config {
            local_peer: local.to_vec(),
            remote_peer: remote.to_vec(),
            ..Config::default()
        };
        let dialler = Ends::new(Role::Dialler, &config(b"ab", b"c"));
        let listener = Ends::new(Role::Listener, &config(b"c", b"ab"));
        let secret = [5; 32];
        for role in [Role::Dialler, Role::Listener] {
            assert!(fits(dialler.proof(role, &secret), listener.proof(role, &secret).as_bytes()));
            assert_eq!(dialler.bound(role), listener.bound(role));
        }
        let proof = dialler.proof(Role::Dialler, &secret);
        assert_ne!(proof, dialler.proof(Role::Listener, &secret));
        assert_ne!(proof, dialler.proof(Role::Dialler, &[6; 32]));
        let shifted = Ends::new(Role::Dialler, &config(b"a", b"bc"));
        assert_ne!(proof, shifted.proof(Role::Dialler, &secret));
        assert!(!fits(proof, &proof.as_bytes()[..31]));
    }
}
