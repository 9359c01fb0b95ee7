//! Declarations of records and of enums that are numbers on the wire.

/// Declares a record: a struct whose form on the wire is its fields in their order, with nothing between them.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $visible:vis struct $name:ident { $($(#[$about:meta])* pub $field:ident: $type:ty,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $visible struct $name { $($(#[$about])* pub $field: $type,)+ }

        impl $crate::wire::Wire for $name {
            const BYTES_MIN: usize = 0 $(+ <$type as $crate::wire::Wire>::BYTES_MIN)+;

            fn read(
                input: &mut $crate::wire::Reader,
                _: &'static str,
            ) -> Result<Self, $crate::DecodeError> {
                Ok(Self {
                    $($field: input.read(concat!(stringify!($name), ".", stringify!($field)))?,)+
                })
            }

            fn write(&self, out: &mut bytes::BytesMut) {
                $($crate::wire::Wire::write(&self.$field, out);)+
            }
        }
    };
}

pub(crate) use record;

/// Declares an enum whose form on the wire is a number; another number is an error of decoding.
macro_rules! numbered {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$about:meta])* $variant:ident = $number:literal,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$about])* $variant = $number,)+ }

        impl $name {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What a number stands for.
            #[must_use]
            pub const fn of_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// Its number on the wire.
            #[must_use]
            pub const fn number(self) -> i32 {
                self as i32
            }
        }

        impl $crate::wire::Wire for $name {
            const BYTES_MIN: usize = 4;

            fn read(
                input: &mut $crate::wire::Reader,
                field: &'static str,
            ) -> Result<Self, $crate::DecodeError> {
                let number = i32::read(input, field)?;
                Self::of_number(number)
                    .ok_or_else(|| input.error(field, 4, $crate::Why::Unknown(number)))
            }

            fn write(&self, out: &mut bytes::BytesMut) {
                self.number().write(out);
            }
        }
    };
}

pub(crate) use numbered;
