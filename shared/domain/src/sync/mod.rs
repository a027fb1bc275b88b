//! The rules of syncing: fetch makes an [`Observation`](observe::Observation), [`decide`](decide::decide) turns it into a
//! printable [`Plan`](plan::Plan), apply carries it out.

pub mod brake;
pub mod decide;
pub mod demand;
pub mod join;
pub mod loss;
#[cfg(any(test, feature = "histories"))]
pub mod moves;
pub mod observe;
pub mod pace;
pub mod plan;
pub mod sweep;
pub mod watch;

#[cfg(test)]
mod convergence;
#[cfg(test)]
mod demand_model;
#[cfg(test)]
mod tests;
