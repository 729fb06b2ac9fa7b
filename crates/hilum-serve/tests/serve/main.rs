//! A server in this process, asked over the loopback interface.

mod answers;
mod basics;
mod damage;
mod kserve;
mod load;
mod page;
mod pixels;
mod served;
