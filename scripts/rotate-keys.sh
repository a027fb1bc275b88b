#!/usr/bin/env bash
# Gives a stage's root secret a new random version: scripts/rotate-keys.sh STAGE [--now]
# What was made with the version before counts until the next rotation. Refuses to end that early, unless told --now.
# Needs the AWS command line, and credentials that may list and put versions of the secret.
set -euo pipefail

stage=${1:?rotate-keys.sh STAGE [--now]}
now=${2:-}
[[ -z $now || $now == --now ]] || { echo "rotate-keys.sh STAGE [--now]" >&2; exit 2; }
secret=kalends/$stage/root
# A day longer than the longest subscription lasts.
days=8

# When the version with this label was made; "None" without one.
made() {
  aws secretsmanager list-secret-version-ids --secret-id "$secret" --output text \
    --query "Versions[?contains(VersionStages, '$1')] | [0].CreatedDate"
}

current=$(made AWSCURRENT)
if [[ $(made AWSPREVIOUS) != None ]]; then
  # The first version of the command line writes seconds, the second a date.
  [[ $current =~ ^[0-9.]+$ ]] && current=@$current
  age=$(($(date +%s) - $(date -d "$current" +%s)))
  if ((age < days * 24 * 60 * 60)); then
    cat >&2 <<END
The last rotation of $secret is $((age / 60 / 60)) hours old, less than $days days.
Another one ends at once what was made with the key before it:
  - subscriptions that were not renewed since: their calendars are heard again after the next poll, within an hour;
  - sessions of people who did nothing since: one exchange of their refresh cookie, and forms open since then are refused;
  - secrets of webhooks that were not sealed anew since: their next delivery switches them off, until somebody gives them another;
  - access tokens cached since: one call each to their provider; authorizations under way: begin again.
No credential of a calendar is lost.
END
    [[ $now == --now ]] || { echo "Nothing was changed. --now rotates all the same." >&2; exit 1; }
  fi
fi

# Through a pipe, so that it stands in no list of processes.
head -c 48 /dev/urandom | base64 -w 0 |
  aws secretsmanager put-secret-value --secret-id "$secret" --secret-string file:///dev/stdin --query VersionId --output text
