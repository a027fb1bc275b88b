//! What the product relies on of AWS, said once and run twice: against our stand-ins and against `ministack`, an
//! independent emulator, so that the product is not tuned to our own reading of the documentation.
//!
//! Where `ministack` is known to differ from AWS, the sentence declares it with the documentation's address and the run
//! asserts that it still differs.

mod account;
mod events;
mod faults;
mod ministack;
mod own;
mod queues;
mod queues_refuse;
mod secrets;
mod tables;
mod template;

use account::{Account, Deviation};

/// Makes each sentence two tests: `stand_ins::…` and `ministack::…`.
macro_rules! sentences {
    ($($sentence:ident,)+) => {
        mod stand_ins {
            $(#[tokio::test]
            async fn $sentence() {
                super::$sentence(&crate::contract::Account::of_stand_ins().await).await;
            })+
        }

        mod ministack {
            $(#[tokio::test]
            async fn $sentence() {
                super::$sentence(&crate::contract::Account::of_ministack().await).await;
            })+
        }
    };
}
use sentences;
