//! `GEOSEARCHSTORE destination source FROMMEMBER member | FROMLONLAT longitude latitude BYRADIUS radius unit | BYBOX width
//! height unit [COUNT count [ANY]] [ASC | DESC] [STOREDIST]`

use crate::command::{Call, Error};
use crate::geo::search::{self, Form};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    search::run(call, Form::SearchAndStore)
}
