//! What stands between the children of a branch: in place if it is short, so that a search stays within the branch.

use std::sync::Arc;

use super::element::Element;

const SHORT_MAX: usize = 22;

/// A place in the order.
#[derive(Clone, Debug)]
pub(super) struct Separator {
    order: u64,
    member: Member,
}

#[derive(Clone, Debug)]
enum Member {
    Short { length: u8, bytes: [u8; SHORT_MAX] },
    Long(Arc<[u8]>),
}

impl Separator {
    /// Before all elements.
    pub(super) const LOWEST: Self = Self {
        order: 0,
        member: Member::Short {
            length: 0,
            bytes: [0; SHORT_MAX],
        },
    };

    /// Above `left` and at most `right`, and short.
    pub(super) fn between(left: &Element<'_>, right: &Element<'_>) -> Self {
        debug_assert!(left < right, "elements grow");
        let member = if left.order() == right.order() {
            let both = left.member.iter().zip(right.member);
            let common = both.take_while(|(a, b)| a == b).count();
            &right.member[..=common]
        } else {
            &[]
        };
        Self {
            order: right.order(),
            member: Member::of(member),
        }
    }

    /// As the element that would be there.
    #[inline]
    pub(super) fn element(&self) -> Element<'_> {
        let member = match &self.member {
            Member::Short { length, bytes } => &bytes[..usize::from(*length)],
            Member::Long(member) => member,
        };
        Element::of_order(self.order, member)
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        const COUNTS: usize = 16;
        match &self.member {
            Member::Short { .. } => 0,
            Member::Long(member) => member.len() + COUNTS,
        }
    }
}

impl Member {
    fn of(member: &[u8]) -> Self {
        if member.len() > SHORT_MAX {
            return Self::Long(member.into());
        }
        let mut bytes = [0; SHORT_MAX];
        bytes[..member.len()].copy_from_slice(member);
        Self::Short {
            length: member.len() as u8,
            bytes,
        }
    }
}
