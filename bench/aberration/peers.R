# Scores of EARS C1, C2, C3 and Farrington Flexible, by the R package surveillance, for `huishang evaluate baseline --scores`.
#   Rscript bench/aberration/peers.R DIR OUT RUNS SIGNALS PEERS     e.g.  data out 1:20 1:8 C1,C2,C3,farrington
# One file OUT/PEER.csv.gz each: signal,run,day,score,alarm; days 2206 to 2548. Stated on stdout: µs a series-day.
suppressMessages(library(surveillance))
given <- commandArgs(TRUE)
dir <- given[1]; out <- given[2]
runs <- eval(parse(text = given[3])); signals <- eval(parse(text = given[4])); peers <- strsplit(given[5], ",")[[1]]
days <- 2548; window <- 2206:2548

# As published: 7 days before, alpha .001 (C3: .025). Two alphas give mean and standard deviation back, so the score is (y - m) / s.
ears <- function(y, method, alpha) {
  bound <- function(a) as.vector(upperbound(earsC(sts(matrix(y), frequency = 7), control = list(range = window, method = method, baseline = 7, alpha = a))))
  high <- bound(alpha); low <- bound(0.2)
  sd <- (high - low) / (qnorm(1 - alpha) - qnorm(0.8)); m <- high - qnorm(1 - alpha) * sd
  score <- ifelse(sd > 1e-9, (y[window] - m) / sd, ifelse(y[window] > high, 1e6, -1e6))
  list(score = score, alarm = y[window] > high)
}

# Farrington Flexible is weekly: a series of 7-day sums for each weekday they end on.
farrington <- function(y) {
  total <- c(0, cumsum(y)); score <- rep(NA, length(window)); alarm <- score
  for (phase in 0:6) {
    at <- seq(7 + phase, days, by = 7); weeks <- which(at %in% window)
    sums <- sts(matrix(total[at + 1] - total[at - 6]), frequency = 52, start = c(2000, 1))
    found <- suppressWarnings(farringtonFlexible(sums, control = list(range = weeks, b = 5, w = 3, noPeriods = 10,
      pastWeeksNotIncluded = 26, pThresholdTrend = 1, weightsThreshold = 2.58, thresholdMethod = "nbPlugin",
      alpha = 0.01, limit54 = c(5, 4), glmWarnings = FALSE, verbose = FALSE)))
    score[at[weeks] - 2205] <- as.vector(control(found)$score) # exceedance, Noufaily and others 2013
    alarm[at[weeks] - 2205] <- as.vector(alarms(found))
  }
  list(score = score, alarm = alarm > 0)
}

one <- list(C1 = function(y) ears(y, "C1", 0.001), C2 = function(y) ears(y, "C2", 0.001),
  C3 = function(y) ears(y, "C3", 0.025), farrington = farrington)
for (peer in peers) {
  rows <- list(); spent <- 0
  for (signal in signals) {
    counts <- as.matrix(read.csv(gzfile(sprintf("%s/totals_sig%d.csv.gz", dir, signal))))
    for (run in runs) {
      began <- proc.time()[["elapsed"]]; found <- one[[peer]](as.numeric(counts[, run])); spent <- spent + proc.time()[["elapsed"]] - began
      rows[[length(rows) + 1]] <- data.frame(signal, run, day = window, score = signif(found$score, 7), alarm = as.integer(found$alarm))
    }
  }
  write.csv(do.call(rbind, rows), gzfile(file.path(out, paste0(peer, ".csv.gz"))), row.names = FALSE)
  cat(peer, 1e6 * spent / (length(signals) * length(runs) * length(window)), "us a series-day\n")
}
