"""The benchmarks behind docs/performance.md: one module each, every figure beside what it is compared with."""
