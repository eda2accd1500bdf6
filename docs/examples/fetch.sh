#!/bin/sh
# Fetches a hotline's tickets of yesterday and today over HTTP, and publishes them. For cron:
#
#   */5 * * * *  UPSTREAM=https://tickets.example/export FORMAT=csv SPOOL=/var/spool/tickets sh fetch.sh
#
# FORMAT: csv, with a header line, or jsonl, an object a line; fields number, county, at, said.
# A user and password for upstream stand in ~/.netrc. What was fetched before is published again
# and counted once: number is the id. That holds for 7 days (HUISHANG_DEDUPE_DAYS), so never fetch
# further back. Ends with the code of what failed last; the next run makes up for it.
set -u
umask 077 # the files are as upstream wrote them, names and all
mkdir -p "$SPOOL"

fetch_and_publish() {
    file="$SPOOL/$1.$FORMAT"
    # Whole or not at all: half a file, or a page that says "error", is no list of tickets.
    curl --fail --silent --show-error --netrc-optional --retry 2 --max-time 60 \
        --output "$file.part" "$UPSTREAM?day=$1&format=$FORMAT" &&
        mv "$file.part" "$file" &&
        huishang publish --stream hotline-calls "--$FORMAT" "$file" --source /example/12345-export \
            --map id=number,county_code=county,reported_at=at,text=said \
            --set channel=phone --wait --json
}

status=0
for day in "$(date -d yesterday +%F)" "$(date +%F)"; do
    fetch_and_publish "$day" || status=$?
done
find "$SPOOL" -name "*.$FORMAT*" -mtime +1 -delete
exit "$status"
