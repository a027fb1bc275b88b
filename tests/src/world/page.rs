//! The world's own page, at `/_world/`: a switch, and where everything is.

use axum::response::Html;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{DEMO_PASSWORD, World};
use crate::demo;

const STYLE: &str = "
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:44rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem} button{font:inherit;padding:.25rem .75rem} .quiet{opacity:.7}
";

/// Asks for the switch again and again: somebody else may turn it.
const SCRIPT: &str = "
const turn = document.querySelector('#activity'), said = document.querySelector('#said');
const show = async (method) => {
  const answer = await fetch('/_world/activity', { method });
  const { on, happened = {}, failed = 0, seed, error } = await answer.json();
  const many = Object.values(happened).reduce((sum, count) => sum + count, 0);
  turn.textContent = on ? 'Stop' : 'Simulate activity';
  turn.dataset.next = on ? 'DELETE' : 'POST';
  said.textContent = error ?? (on ? `On, from seed ${seed}: ${many} things happened, ${failed} failed.` : 'Off.');
};
turn.addEventListener('click', async () => {
  turn.disabled = true;
  try { await show(turn.dataset.next); } finally { turn.disabled = false; }
});
setInterval(() => turn.disabled || show('GET'), 3000);
show('GET');
";

pub(super) async fn show(world: &World) -> anyhow::Result<Html<String>> {
    let is_lived = demo::is_in(world).await?;
    Ok(Html(page(world, is_lived).into_string()))
}

fn page(world: &World, is_lived: bool) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "The world of this Kalends" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "The world of this Kalends" }
                    p {
                        "Everything here runs on this machine: "
                        a #product href=(world.product_base) { "the product" } ", "
                        a #google href=(world.google_base) { "a simulated Google Calendar" } " and "
                        a #microsoft href=(world.microsoft_base) { "a simulated Microsoft 365" } "."
                    }
                    @if is_lived { (switch()) } @else {
                        p { "Nobody is busy here: the demo's organisation is in a world that " code { "scripts/dev.sh --fresh" } " starts." }
                    }
                }
                @if is_lived { script { (PreEscaped(SCRIPT)) } }
            }
        }
    }
}

fn switch() -> Markup {
    html! {
        h2 { (demo::ORGANIZATION) }
        p {
            "Every few seconds somebody plans, moves or cancels a visit, in Kalends or at a calendar; now and then both at once, \
             or a provider asks to wait, or the ERP reports. It stops with the switch, and with the world."
        }
        p { button #activity type="button" { "Simulate activity" } " " span #said .quiet role="status" {} }
        p { "The password of everybody is " code { (DEMO_PASSWORD) } "." }
        ul {
            @for (name, address, role) in demo::MEMBERS {
                li { code { (address) } span .quiet { " " (name) ", " (role.words()) } }
            }
        }
    }
}
