//! Journeys that share the factory: they run at the same time, as the services of several teams do.

mod bad_input;
mod databases;
mod defects;
mod delegation;
mod fences;
mod instructions;
mod issued;
mod road;
mod secrets;
mod strikes;
mod teams;
mod tls;
mod withdrawal;
