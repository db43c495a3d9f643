//! The Rust crate dcap-qvl as a filter and as a stopwatch.
//!
//! Without arguments: reads lines "QUOTE COLLATERAL SECONDS ROOT" (paths; ROOT is a DER file or "-" for Intel's) and
//! writes one JSON object for each: {"status":…,"advisories":[…]} or {"error":…}.
//! With "bench N QUOTE COLLATERAL SECONDS": {"from_bytes_ns":…,"parsed_ns":…}, the CPU time of one of N verifications,
//! with the collateral's JSON parsed each time and once.

use std::io::{BufRead, Write};

use dcap_qvl::verify::QuoteVerifier;
use dcap_qvl::QuoteCollateralV3;

fn read(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn verifier(root: &str) -> QuoteVerifier {
    if root == "-" {
        QuoteVerifier::new_prod()
    } else {
        QuoteVerifier::new(read(root))
    }
}

fn judge(quote: &str, collateral: &str, seconds: &str, root: &str) -> serde_json::Value {
    let parsed: Result<QuoteCollateralV3, _> = serde_json::from_slice(&read(collateral));
    let collateral = match parsed {
        Ok(collateral) => collateral,
        Err(error) => return serde_json::json!({ "error": format!("collateral: {error}") }),
    };
    match verifier(root).verify(&read(quote), &collateral, seconds.parse().expect("seconds")) {
        Ok(report) => serde_json::json!({ "status": report.status, "advisories": report.advisory_ids }),
        Err(error) => serde_json::json!({ "error": format!("{error:#}") }),
    }
}

/// CPU time of this thread.
fn cpu_ns() -> u64 {
    let mut spent = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one timespec, which is ours.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut spent) };
    assert_eq!(status, 0, "clock_gettime");
    spent.tv_sec as u64 * 1_000_000_000 + spent.tv_nsec as u64
}

/// CPU time of one call, from so many; the first ones, which warm the caches, do not count.
fn mean_ns(count: u64, call: impl Fn()) -> u64 {
    for _ in 0..count.min(10) {
        call();
    }
    let began = cpu_ns();
    for _ in 0..count {
        call();
    }
    (cpu_ns() - began) / count
}

fn bench(arguments: &[String]) {
    let count: u64 = arguments[0].parse().expect("count");
    let quote = read(&arguments[1]);
    let json = read(&arguments[2]);
    let collateral: QuoteCollateralV3 = serde_json::from_slice(&json).expect("collateral");
    let seconds: u64 = arguments[3].parse().expect("seconds");
    let verifier = QuoteVerifier::new_prod();
    let verify = |collateral: &QuoteCollateralV3| {
        verifier.verify(&quote, collateral, seconds).expect("a good quote");
    };
    let from_bytes_ns = mean_ns(count, || verify(&serde_json::from_slice(&json).expect("collateral")));
    let parsed_ns = mean_ns(count, || verify(&collateral));
    println!("{}", serde_json::json!({ "from_bytes_ns": from_bytes_ns, "parsed_ns": parsed_ns }));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().map(String::as_str) == Some("bench") {
        return bench(&arguments[1..]);
    }
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.split(' ').collect();
        writeln!(out, "{}", judge(words[0], words[1], words[2], words[3])).expect("standard output");
    }
}
