//! A thread's connections.

use mio::Token;

use crate::connection::Connection;

/// Connections by their tokens. Tokens of those that were removed are given again.
#[derive(Default)]
pub(crate) struct Connections {
    places: Vec<Option<Box<Connection>>>,
    free: Vec<usize>,
}

impl Connections {
    /// Tokens below this are of something else.
    const FIRST: usize = 3;

    /// A token that no connection has.
    pub(crate) fn token(&mut self) -> Token {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        Token(place + Self::FIRST)
    }

    /// A token that was given is not needed.
    pub(crate) fn give_back(&mut self, token: Token) {
        self.free.push(token.0 - Self::FIRST);
    }

    pub(crate) fn insert(&mut self, token: Token, connection: Connection) {
        self.places[token.0 - Self::FIRST] = Some(Box::new(connection));
    }

    pub(crate) fn get(&self, token: Token) -> Option<&Connection> {
        let place = self.places.get(token.0.checked_sub(Self::FIRST)?)?;
        place.as_deref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, token: Token) -> Option<&mut Connection> {
        let place = self.places.get_mut(token.0.checked_sub(Self::FIRST)?)?;
        place.as_deref_mut()
    }

    /// Takes a connection that comes back under its token, which no other one gets meanwhile.
    pub(crate) fn take(&mut self, token: Token) -> Option<Connection> {
        let place = self.places.get_mut(token.0.checked_sub(Self::FIRST)?)?;
        place.take().map(|connection| *connection)
    }

    pub(crate) fn remove(&mut self, token: Token) -> Option<Connection> {
        let connection = self.take(token)?;
        self.give_back(token);
        Some(connection)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Token, &Connection)> {
        let places = self.places.iter().enumerate();
        places.filter_map(|(place, connection)| {
            let connection = connection.as_deref()?;
            Some((Token(place + Self::FIRST), connection))
        })
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (Token, &mut Connection)> {
        let places = self.places.iter_mut().enumerate();
        places.filter_map(|(place, connection)| {
            let connection = connection.as_deref_mut()?;
            Some((Token(place + Self::FIRST), connection))
        })
    }
}
