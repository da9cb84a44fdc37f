//! baseline stage.
