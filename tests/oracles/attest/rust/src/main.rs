//! The Rust crate dcap-qvl as a filter and as a stopwatch.
//!
//! Without arguments: reads lines "QUOTE COLLATERAL SECONDS ROOT" (paths; ROOT is a DER file or "-" for Intel's) and
//! writes one JSON object for each: {"status":…,"advisories":[…]} or {"error":…}.
//! With "bench N QUOTE COLLATERAL SECONDS": CPU seconds for each of N verifications, one a line.

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

fn bench(arguments: &[String]) {
    let count: usize = arguments[0].parse().expect("count");
    let quote = read(&arguments[1]);
    let collateral: QuoteCollateralV3 = serde_json::from_slice(&read(&arguments[2])).expect("collateral");
    let seconds: u64 = arguments[3].parse().expect("seconds");
    let verifier = QuoteVerifier::new_prod();
    for _ in 0..count {
        let before = std::time::Instant::now();
        verifier.verify(&quote, &collateral, seconds).expect("a good quote");
        println!("{}", before.elapsed().as_secs_f64());
    }
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
