//! A server in this process, asked over the loopback interface.

#![expect(clippy::unwrap_used, reason = "files and answers are part of the test")]

mod answers;
mod basics;
mod damage;
mod kserve;
mod load;
mod mutations;
mod page;
mod pixels;
mod served;
mod traces;
