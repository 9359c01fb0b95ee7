mod ends;
mod middle;
mod moving;
mod ranges;
mod waiting;
