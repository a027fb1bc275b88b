//! Simulators, AWS stand-ins and the world that joins them to the real functions.

pub mod aws;
pub mod calendar_user;
pub mod clock;
pub mod connected;
pub mod demo;
pub mod histories;
pub mod openapi;
pub mod person;
pub mod receiver;
pub mod scenarios;
pub mod sim;
pub mod world;
