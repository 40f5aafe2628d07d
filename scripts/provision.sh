#!/usr/bin/env bash
# Registers an application for workiq-auth in a Microsoft Entra tenant, with the Azure CLI. `--help` says how.
# Works with bash 3.2 (macOS) and needs nothing besides `az`, and `openssl` for certificates.
set -euo pipefail

readonly GRAPH_APP=00000003-0000-0000-c000-000000000000
readonly GITHUB_ISSUER=https://token.actions.githubusercontent.com
readonly EXCHANGE_AUDIENCE=api://AzureADTokenExchange
# Azure DevOps, the same in every tenant.
readonly AZURE_DEVOPS=499b84ac-1321-427f-aa17-267ca6975798
readonly SECRET_NAME=workiq-auth

usage() {
  cat <<'TEXT'
Usage: provision.sh (--for LIST | --all | --client-id ID) [options]

Finds or creates the app registration and its service principal, asks for application permissions of Microsoft
Graph, grants them, and adds one credential. What is there already is left as it is, so it can be run again.
Sign in first: az login --tenant TENANT --allow-no-subscriptions

The application
  --tenant-id ID             the tenant that az must be signed in to; it is the signed-in one if not given
  --client-id ID             an existing application
  --display-name NAME        find it by this name, or create it ("Work IQ app-only")

Permissions
  --for LIST                 of Meetings,Chats,Channels,Mail,Sites,People,External; with --client-id and a credential
                             it may be left out, and permissions stay as they are
  --all                      all seven
  --with-names               also what turns ids into names, for what --for lists
  --site ID                  Sites.Selected in place of Sites.Read.All; may be given again for more sites
  --mailbox-group GROUP      mail of this group only, by Exchange RBAC in place of Mail.Read
  --meeting-group ID         the group whose meetings may be read, by a Teams application access policy
  --meeting-organizer USER   one user whose meetings may be read
  --enable-transcripts       print how to open transcripts to every application that was granted them

One credential
  --github-repository OWNER/NAME  with one of --branch NAME, --environment NAME, --pull-request
  --github-owner-id N, --github-repository-id N
                             for the immutable subject, which repositories have that were created, renamed or
                             transferred since summer 2026; then both forms are added
  --subject-form FORM        both, immutable or classic
  --gitlab-project GROUP/PROJECT  with --branch NAME; --gitlab-url URL unless it is https://gitlab.com
  --pipelines-connection ORGANIZATION/PROJECT/NAME
                             a service connection of Azure Pipelines, which is asked what its tokens say
  --federated-issuer URL --federated-subject TEXT
                             of any other issuer
  --federated-audience TEXT  with any of these: the audience of the tokens, unless it is the cloud's own
  --certificate-path FILE    upload this certificate (PEM; public part only). Entra takes RSA keys only
  --new-certificate FILE     create key and certificate in this PEM file, and upload the certificate
  --new-secret FILE          create a client secret and write it to this file; better none

Running
  --dry-run                  change nothing, say what would be changed
  --check                    change nothing, and end with 2 if something is missing
  --help

Ends with 0 if all is there, 1 if it failed, 2 if something is left to do or an option is wrong.
TEXT
}

# ---- What is said ----

say() { printf '%s\n' "$*"; }
ok() { printf '[OK] %s\n' "$*"; }
partial() { printf '[PARTIAL] %s\n' "$*"; }
warn() { printf 'WARNING: %s\n' "$*" >&2; }

missing_count=0
missing() {
  missing_count=$((missing_count + 1))
  printf '[MISSING] %s\n' "$*"
}

ended=''
finish() {
  ended=yes
  exit "$1"
}
fail() {
  printf 'provision.sh: %s\n' "$*" >&2
  finish 1
}
wrong() {
  printf 'provision.sh: %s\nSee provision.sh --help\n' "$*" >&2
  finish 2
}

scratch=''
# az has exit codes of its own; this script has three.
at_exit() {
  local status=$?
  if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
  if [ -z "$ended" ] && [ "$BASH_SUBSHELL" -eq 0 ]; then
    printf 'provision.sh: stopped before it was done (status %s); it is safe to run it again.\n' "$status" >&2
    exit 1
  fi
}
trap at_exit EXIT

# ---- Options ----

tenant='' client='' name='' areas='' with_names='' sites='' mailbox_group='' meeting_group='' meeting_organizer=''
transcripts='' repository='' branch='' environment='' pull_request='' owner_id='' repository_id='' subject_form=''
pipelines='' gitlab_project='' gitlab_url=https://gitlab.com issuer='' subject='' own_audience='' certificate='' new_certificate='' new_secret=''
dry_run='' check=''

# Values go into queries and JSON, so none may hold a quote, a backslash or a control character.
value() {
  [ $# -ge 2 ] && [ -n "$2" ] || wrong "$1 needs a value"
  case $2 in
    *[\'\"\\\`]* | *[[:cntrl:]]*) wrong "$1: quotes, backslashes and control characters cannot be used" ;;
  esac
}

while [ $# -gt 0 ]; do
  case $1 in
    --tenant-id) value "$@"; tenant=$2; shift ;;
    --client-id) value "$@"; client=$2; shift ;;
    --display-name) value "$@"; name=$2; shift ;;
    --for) value "$@"; areas=$areas,$2; shift ;;
    --all) areas=Meetings,Chats,Channels,Mail,Sites,People,External ;;
    --with-names) with_names=yes ;;
    --site) value "$@"; sites="$sites $2"; shift ;;
    --mailbox-group) value "$@"; mailbox_group=$2; shift ;;
    --meeting-group) value "$@"; meeting_group=$2; shift ;;
    --meeting-organizer) value "$@"; meeting_organizer=$2; shift ;;
    --enable-transcripts) transcripts=yes ;;
    --github-repository) value "$@"; repository=$2; shift ;;
    --branch) value "$@"; branch=$2; shift ;;
    --environment) value "$@"; environment=$2; shift ;;
    --pull-request) pull_request=yes ;;
    --github-owner-id) value "$@"; owner_id=$2; shift ;;
    --github-repository-id) value "$@"; repository_id=$2; shift ;;
    --subject-form) value "$@"; subject_form=$2; shift ;;
    --pipelines-connection) value "$@"; pipelines=$2; shift ;;
    --gitlab-project) value "$@"; gitlab_project=$2; shift ;;
    --gitlab-url) value "$@"; gitlab_url=${2%/}; shift ;;
    --federated-issuer) value "$@"; issuer=$2; shift ;;
    --federated-subject) value "$@"; subject=$2; shift ;;
    --federated-audience) value "$@"; own_audience=$2; shift ;;
    --certificate-path) value "$@"; certificate=$2; shift ;;
    --new-certificate) value "$@"; new_certificate=$2; shift ;;
    --new-secret) value "$@"; new_secret=$2; shift ;;
    --dry-run) dry_run=yes ;;
    --check) check=yes dry_run=yes ;;
    --help | -h) usage; finish 0 ;;
    *) wrong "unknown option: $1" ;;
  esac
  shift
done

is_guid() { printf '%s\n' "$1" | grep -Eqi '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'; }
is_number() { printf '%s\n' "$1" | grep -Eq '^[0-9]+$'; }

[ -z "$tenant" ] || is_guid "$tenant" || wrong '--tenant-id is the directory (tenant) id, a GUID'
[ -z "$client" ] || is_guid "$client" || wrong '--client-id is the application (client) id, a GUID'
[ -z "$client" ] || [ -z "$name" ] || wrong '--client-id or --display-name, not both'
name=${name:-Work IQ app-only}

# ---- Permissions: the app role ids are the same in every tenant ----
# https://learn.microsoft.com/graph/permissions-reference

role_id() {
  case $1 in
    OnlineMeetingTranscript.Read.All) echo a4a80d8d-d283-4bd8-8504-555ec3870630 ;;
    Chat.Read.All) echo 6b7d71aa-70aa-4810-a8d9-5d9fb2830017 ;;
    ChannelMessage.Read.All) echo 7b2449af-6ccd-4f4d-9f78-e550c193f0d1 ;;
    Mail.Read) echo 810c84a8-4a9e-49e6-bf7d-12d183f40d01 ;;
    Sites.Read.All) echo 332a536c-c7ef-4017-ab91-336970924f0d ;;
    People.Read.All) echo b528084d-ad10-4598-8b93-929746b4d7d6 ;;
    ExternalItem.Read.All) echo 7a7cffad-37d2-4f48-afa4-c6ab129adcc2 ;;
    # In place of Sites.Read.All, and helpers that turn ids into names.
    Sites.Selected) echo 883ea226-0bf2-4a8f-9f9d-92c9162a727d ;;
    User.ReadBasic.All) echo 97235f07-e226-4f63-ace3-39588e11d3a1 ;;
    OnlineMeetings.Read.All) echo c1684f21-1984-47fa-9d61-2dc8c296bb70 ;;
    Chat.ReadBasic.All) echo b2e060da-3baf-4687-9611-f4ebc0f0cbde ;;
    Team.ReadBasic.All) echo 2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e ;;
    Channel.ReadBasic.All) echo 59a6b24b-4225-4393-8165-ebaec5f55d7a ;;
    ExternalConnection.Read.All) echo 1914711b-a1cb-4793-b019-c2ce0ed21b8c ;;
    *) fail "no id is known of $1" ;;
  esac
}

roles=''
want() {
  local role
  for role in "$@"; do
    case " $roles " in *" $role "*) ;; *) roles="$roles $role" ;; esac
  done
}
# want_names ROLE…: only if names were asked for.
want_names() {
  if [ -n "$with_names" ]; then want "$@"; fi
}

for area in $(printf '%s' "$areas" | tr ',' ' '); do
  case $(printf '%s' "$area" | tr '[:upper:]' '[:lower:]') in
    meetings) want OnlineMeetingTranscript.Read.All; want_names OnlineMeetings.Read.All ;;
    chats) want Chat.Read.All; want_names Chat.ReadBasic.All ;;
    channels) want ChannelMessage.Read.All; want_names Team.ReadBasic.All Channel.ReadBasic.All ;;
    mail) if [ -z "$mailbox_group" ]; then want Mail.Read; fi ;;
    sites) if [ -z "$sites" ]; then want Sites.Read.All; else want Sites.Selected; fi ;;
    people) want People.Read.All ;;
    external) want ExternalItem.Read.All; want_names ExternalConnection.Read.All ;;
    *) wrong "--for: unknown: $area" ;;
  esac
done
want_names User.ReadBasic.All

# ---- The credential that is wanted ----

kinds=0
for one in "$repository" "$gitlab_project" "$pipelines" "$issuer$subject" "$certificate" "$new_certificate" "$new_secret"; do
  if [ -n "$one" ]; then kinds=$((kinds + 1)); fi
done
[ "$kinds" -le 1 ] || wrong 'one credential at a time'
[ -n "$areas" ] || { [ -n "$client" ] && [ "$kinds" -eq 1 ]; } ||
  wrong '--for LIST or --all says what the application may read; only --client-id with a credential goes without'

subjects=''
if [ -n "$repository" ]; then
  printf '%s\n' "$repository" | grep -Eq '^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$' ||
    wrong '--github-repository is OWNER/NAME, in the spelling that GitHub shows'
  filters=0
  for one in "$branch" "$environment" "$pull_request"; do
    if [ -n "$one" ]; then filters=$((filters + 1)); fi
  done
  [ "$filters" -eq 1 ] || wrong '--github-repository goes with one of --branch, --environment, --pull-request'
  if [ -n "$branch" ]; then filter="ref:refs/heads/$branch"; fi
  # GitHub writes a colon in an environment's name as %3A, so that it cannot be taken for a part of the subject.
  if [ -n "$environment" ]; then filter="environment:$(printf '%s' "$environment" | sed 's/:/%3A/g')"; fi
  if [ -n "$pull_request" ]; then
    filter=pull_request
    warn "a pull request can change the workflow file, and the changed one can take the token: whoever may push a
         branch to $repository reads what the application reads. --environment with a rule on branches is safer."
  fi
  if [ -n "$owner_id$repository_id" ]; then
    is_number "$owner_id" && is_number "$repository_id" ||
      wrong '--github-owner-id and --github-repository-id go together, and are numbers'
  fi
  subject_form=${subject_form:-$([ -n "$owner_id" ] && echo both || echo classic)}
  case $subject_form in both | immutable | classic) ;; *) wrong '--subject-form is both, immutable or classic' ;; esac
  [ "$subject_form" = classic ] || [ -n "$owner_id" ] ||
    wrong "the immutable subject needs --github-owner-id and --github-repository-id:
  gh api repos/$repository --jq '.owner.id, .id'"
  issuer=$GITHUB_ISSUER
  if [ "$subject_form" != classic ]; then
    subjects="repo:${repository%%/*}@$owner_id/${repository#*/}@$repository_id:$filter"
  fi
  if [ "$subject_form" != immutable ]; then
    subjects="${subjects:+$subjects
}repo:$repository:$filter"
  fi
  if [ -z "$owner_id" ]; then
    warn "only the classic subject is added. A repository that was created, renamed or transferred since summer 2026
         has the immutable one: see --github-owner-id. Its ids: gh api repos/$repository --jq '.owner.id, .id'"
  fi
elif [ -n "$gitlab_project" ]; then
  [ -n "$branch" ] || wrong '--gitlab-project goes with --branch'
  issuer=$gitlab_url
  subjects="project_path:$gitlab_project:ref_type:branch:ref:$branch"
elif [ -n "$pipelines" ]; then
  [ -z "$branch$environment$pull_request" ] || wrong '--pipelines-connection stands for all that uses the connection'
  case $pipelines in
    */*/*/* | /* | */ | *//*) wrong '--pipelines-connection is ORGANIZATION/PROJECT/NAME' ;;
    */*/*) ;;
    *) wrong '--pipelines-connection is ORGANIZATION/PROJECT/NAME' ;;
  esac
elif [ -n "$issuer$subject" ]; then
  [ -n "$issuer" ] && [ -n "$subject" ] || wrong '--federated-issuer and --federated-subject go together'
  subjects=$subject
elif [ -n "$branch$environment$pull_request" ]; then
  wrong '--branch, --environment and --pull-request go with --github-repository or --gitlab-project'
fi
[ -z "$own_audience" ] || [ -n "$subjects$pipelines" ] || wrong '--federated-audience goes with a federated credential'
if [ -n "$certificate" ] && [ ! -r "$certificate" ]; then wrong "--certificate-path: cannot read $certificate"; fi

# Looked at before anything is changed.
for one in "$certificate" "$new_certificate"; do
  if [ -z "$one" ] || [ ! -e "$one" ]; then continue; fi
  details=$(openssl x509 -in "$one" -noout -text 2>&1) || fail "$one holds no certificate in PEM"
  openssl x509 -in "$one" -noout -checkend 0 >/dev/null || fail "the certificate in $one has expired"
  case $details in
    *'Public Key Algorithm: rsaEncryption'*) ;;
    *) fail "the key of the certificate in $one is not RSA, and Entra takes only RSA for what an application signs;
  --new-certificate makes one" ;;
  esac
done

# ---- Azure CLI ----

command -v az >/dev/null || fail 'the Azure CLI is not installed: https://learn.microsoft.com/cli/azure/install-azure-cli'

# read_az ARGUMENT…: asks, and gives text; on Windows az ends lines with a carriage return.
read_az() { az "$@" --output tsv --only-show-errors | tr -d '\r'; }

# change WHAT ARGUMENT…: runs az, or says what would be done. False if az was refused.
change() {
  local what=$1 try
  shift
  if [ -n "$dry_run" ]; then
    missing "$what"
    return 0
  fi
  # A new application takes a few seconds to be known everywhere in the directory.
  for try in 1 2 3 4; do
    if az "$@" --output none --only-show-errors 2>"$scratch/error"; then
      ok "$what (done now)"
      return 0
    fi
    if [ -z "$created" ] || [ "$try" = 4 ] || grep -q 'Authorization_RequestDenied\|Insufficient privileges' "$scratch/error"; then
      break
    fi
    sleep 5
  done
  cat "$scratch/error" >&2
  return 1
}

scratch=$(mktemp -d)
created=''

signed_in=$(read_az account show --query tenantId) ||
  fail "sign in first: az login --tenant ${tenant:-TENANT} --allow-no-subscriptions"
if [ -n "$tenant" ] && [ "$tenant" != "$signed_in" ]; then
  fail "az is signed in to tenant $signed_in. Sign in to the other: az login --tenant $tenant --allow-no-subscriptions"
fi
tenant=$signed_in
# One call, three lines.
{
  IFS= read -r cloud
  IFS= read -r graph
  IFS= read -r authority
} <<LINES
$(read_az cloud show --query '[name, endpoints.microsoftGraphResourceId, endpoints.activeDirectory]')
LINES
graph=${graph%/}
authority=${authority%/}
# The audience of federation is a cloud's own.
# https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
case $cloud in
  AzureUSGovernment) audience=api://AzureADTokenExchangeUSGov ;;
  AzureChinaCloud) audience=api://AzureADTokenExchangeChina ;;
  *) audience=$EXCHANGE_AUDIENCE ;;
esac
audience=${own_audience:-$audience}

# Issuer and subject of a new connection cannot be told from its name.
# https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints/get-service-endpoints-by-names
if [ -n "$pipelines" ]; then
  project=${pipelines#*/}
  project=$(printf '%s' "${project%/*}" | sed 's/%/%25/g; s/ /%20/g; s/#/%23/g; s/?/%3F/g')
  found=$(read_az rest --method GET --resource "$AZURE_DEVOPS" \
    --url "https://dev.azure.com/${pipelines%%/*}/$project/_apis/serviceendpoint/endpoints" \
    --url-parameters "endpointNames=${pipelines##*/}" api-version=7.1 \
    --query 'value[0].authorization.parameters.[workloadIdentityFederationIssuer, workloadIdentityFederationSubject]') ||
    fail 'Azure DevOps could not be asked'
  {
    IFS= read -r issuer || :
    IFS= read -r subjects || :
  } <<LINES
$found
LINES
  case $issuer in
    https://*) ;;
    *) fail "$pipelines is no service connection with workload identity federation, or not for you to see" ;;
  esac
  value 'the issuer of --pipelines-connection' "$issuer"
  value 'the subject of --pipelines-connection' "$subjects"
fi

# ---- Application and service principal ----

if [ -z "$client" ]; then
  found=$(read_az ad app list --display-name "$name" --query "[?displayName=='$name'].appId")
  case $found in
    *[[:space:]]*) fail "more than one application is called \"$name\"; say which with --client-id:
$found" ;;
  esac
  client=$found
else
  read_az ad app show --id "$client" --query appId >/dev/null || fail "tenant $tenant has no application $client"
fi
if [ -n "$client" ]; then
  ok "application $client"
elif [ -n "$dry_run" ]; then
  missing "application \"$name\", with a service principal"
else
  client=$(read_az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --query appId)
  created=yes
  ok "application $client (done now)"
fi

principal=''
if [ -n "$client" ]; then
  principal=$(read_az ad sp list --filter "appId eq '$client'" --query '[].id')
  if [ -n "$principal" ]; then
    ok "service principal $principal"
  elif change 'service principal' ad sp create --id "$client"; then
    if [ -z "$dry_run" ]; then principal=$(read_az ad sp list --filter "appId eq '$client'" --query '[].id'); fi
  else
    fail 'no service principal could be made'
  fi
fi

# ---- Permissions: asked for, then granted ----

asked='' granted=''
graph_principal=$(read_az ad sp list --filter "appId eq '$GRAPH_APP'" --query '[].id')
if [ -n "$client" ]; then
  asked=$(read_az ad app show --id "$client" \
    --query "requiredResourceAccess[?resourceAppId=='$GRAPH_APP'].resourceAccess[] | [?type=='Role'].id")
fi
if [ -n "$principal" ]; then
  granted=$(read_az rest --method GET \
    --url "$graph/v1.0/servicePrincipals/$principal/appRoleAssignments?\$top=999" \
    --query "value[?resourceId=='$graph_principal'].appRoleId")
fi

has() { printf '%s\n' "$1" | grep -Fqix "$2"; }

wanted='' refused=''
for role in $roles; do
  if ! has "$asked" "$(role_id "$role")"; then wanted="$wanted $(role_id "$role")=Role"; fi
done
if [ -n "$roles" ] && [ -z "$wanted" ]; then
  ok 'the manifest asks for each permission'
elif [ -n "$wanted" ]; then
  # Adds to what is there, whatever else the application asks for.
  # shellcheck disable=SC2086 # a list of words
  change "the manifest asks for each permission" \
    ad app permission add --id "$client" --api "$GRAPH_APP" --api-permissions $wanted ||
    fail 'the application could not be changed; Application Administrator may change it'
fi
for role in $roles; do
  if has "$granted" "$(role_id "$role")"; then
    ok "$role"
  elif [ -n "$dry_run" ]; then
    if [ -z "$wanted" ]; then partial "$role: asked for"; fi
    missing "$role: granted"
  elif ! change "$role" rest --method POST --url "$graph/v1.0/servicePrincipals/$principal/appRoleAssignments" \
    --headers Content-Type=application/json \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$graph_principal\",\"appRoleId\":\"$(role_id "$role")\"}"; then
    partial "$role: asked for, not granted"
    refused=yes
  fi
done
if [ -n "$refused" ]; then
  missing_count=$((missing_count + 1))
  say "Privileged Role Administrator or Global Administrator may consent, here or at
  $authority/$tenant/adminconsent?client_id=$client"
fi

# still_granted ROLE WHY: a narrower way is of no use while the tenant-wide permission is granted.
still_granted() {
  if has "$granted" "$(role_id "$1")"; then
    warn "$1 is granted, which is tenant-wide: $2 narrows nothing until it is removed
         (Entra admin center, Enterprise applications, $client, Permissions)."
    missing_count=$((missing_count + 1))
  fi
}
if [ -n "$sites" ]; then still_granted Sites.Read.All --site; fi
if [ -n "$mailbox_group" ]; then still_granted Mail.Read --mailbox-group; fi

# ---- The credential ----

# add_federated SUBJECT
add_federated() {
  local found body hash known takes
  found=''
  if [ -n "$client" ]; then
    found=$(read_az ad app federated-credential list --id "$client" \
      --query "[?issuer=='$issuer' && subject=='$1'].[name, join(' ', audiences)]")
  fi
  if [ -n "$found" ]; then
    IFS=$'\t' read -r known takes <<<"$found"
    if printf '%s\n' "$takes" | tr ' ' '\n' | grep -Fqx "$audience"; then
      ok "federated credential for $1"
      return
    fi
    # It holds one audience, which somebody else's tokens may need.
    partial "federated credential for $1 takes the audience $takes, not $audience. To change it:"
    body="{\"issuer\":\"$issuer\",\"subject\":\"$1\",\"audiences\":[\"$audience\"]}"
    say "  az ad app federated-credential update --id $client --federated-credential-id $known --parameters '$body'"
    missing_count=$((missing_count + 1))
    return
  fi
  hash=$(printf '%s %s' "$issuer" "$1" | cksum)
  body="{\"name\":\"workiq-auth-${hash%% *}\",\"issuer\":\"$issuer\",\"subject\":\"$1\",\"audiences\":[\"$audience\"]}"
  change "federated credential for $1" ad app federated-credential create --id "$client" --parameters "$body" ||
    fail 'the federated credential could not be added'
}

# add_certificate FILE
add_certificate() {
  local thumbprint found object
  thumbprint=$(openssl x509 -in "$1" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g')
  found=''
  if [ -n "$client" ]; then
    # Graph shows the certificates themselves only of one application, and only when they are asked for.
    object=$(read_az ad app show --id "$client" --query id)
    found=$(read_az rest --method GET --url "$graph/v1.0/applications/$object?\$select=keyCredentials" \
      --query 'keyCredentials[].key') || fail 'the certificates could not be listed'
  fi
  # In base64 upper and lower case are different.
  if printf '%s\n' "$found" | grep -Fqx "$(openssl x509 -in "$1" -outform DER | openssl base64 -A)"; then
    ok "certificate $thumbprint"
    return
  fi
  # The public part alone, whatever else is in the file.
  openssl x509 -in "$1" -out "$scratch/certificate.pem"
  change "certificate $thumbprint" ad app credential reset --id "$client" --append \
    --cert "@$scratch/certificate.pem" || fail 'the certificate could not be added'
}

if [ -n "$subjects" ]; then
  while IFS= read -r one; do
    # az must not read the rest of the list as its input.
    add_federated "$one" </dev/null
  done <<LIST
$subjects
LIST
elif [ -n "$certificate" ]; then
  add_certificate "$certificate"
elif [ -n "$new_certificate" ]; then
  if [ -e "$new_certificate" ]; then
    add_certificate "$new_certificate"
  elif [ -n "$dry_run" ]; then
    missing "key and certificate in $new_certificate, uploaded"
  else
    (
      umask 077
      openssl req -x509 -newkey rsa:3072 -sha256 -nodes -days 365 -subj '/CN=workiq-auth' \
        -keyout "$scratch/key.pem" -out "$scratch/new.pem" 2>"$scratch/error"
      cat "$scratch/key.pem" "$scratch/new.pem" >"$new_certificate"
    ) || fail "no certificate could be made: $(cat "$scratch/error")"
    add_certificate "$new_certificate"
    say "$new_certificate holds the private key: put it into the CI's secret WORKIQ_CLIENT_CERTIFICATE, then delete it."
  fi
elif [ -n "$new_secret" ]; then
  warn 'a client secret can be copied and used from anywhere until it expires. A federated credential needs no
         secret at all, and a certificate never sends its key.'
  found=''
  if [ -n "$client" ]; then
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    found=$(read_az ad app credential list --id "$client" \
      --query "[?displayName=='$SECRET_NAME' && endDateTime > '$now'].keyId") || fail 'the secrets could not be listed'
  fi
  if [ -n "$found" ]; then
    ok 'client secret; for a new one, remove the old one first: az ad app credential delete'
  elif [ -n "$dry_run" ]; then
    missing "client secret, written to $new_secret"
  else
    [ ! -e "$new_secret" ] || fail "$new_secret is there already"
    (umask 077 && : >"$new_secret")
    read_az ad app credential reset --id "$client" --append --display-name "$SECRET_NAME" --years 1 \
      --query password >"$new_secret" || { rm -f "$new_secret"; fail 'the secret could not be made'; }
    ok "client secret, in $new_secret (done now): put it into the CI's secret WORKIQ_CLIENT_SECRET, then delete the file"
  fi
fi

# ---- What needs other modules of PowerShell ----

id=${client:-CLIENT_ID}
object=${principal:-OBJECT_ID}
# policy WHOSE GRANT: the application access policy, how to see whose holds, and whom a new one is granted to.
policy() {
  say "
Meetings: in PowerShell, as Teams Administrator (up to 30 minutes until it holds). A user has one policy, and a grant
takes the place of it with all that it lets in. So see which one holds, and add to it:
  Connect-MicrosoftTeams
  $1
  Set-CsApplicationAccessPolicy -Identity POLICY -AppIds @{Add='$id'}
Only where there is none:
  New-CsApplicationAccessPolicy -Identity WorkIQ -AppIds $id
  Grant-CsApplicationAccessPolicy -PolicyName WorkIQ $2"
}
if [ -n "$meeting_group" ]; then
  policy "Get-CsGroupPolicyAssignment -PolicyType ApplicationAccessPolicy" "-Group \"$meeting_group\""
fi
if [ -n "$meeting_organizer" ]; then
  policy "(Get-CsOnlineUser -Identity \"$meeting_organizer\").ApplicationAccessPolicy" "-Identity \"$meeting_organizer\""
fi
if [ -n "$transcripts" ]; then
  warn 'the next command opens transcripts over Microsoft Graph for the whole tenant, to every application that was
         granted them and not only to this one.'
  say '  Connect-MicrosoftTeams
  Set-CsTeamsMeetingConfiguration -EnableGraphTranscriptAccess $true -EnableAttributedTranscripts $true'
fi
if [ -n "$mailbox_group" ]; then
  say "
Mail: in PowerShell, as Exchange Administrator. Mail.Read must not be granted in Entra, or it is tenant-wide.
  Connect-ExchangeOnline
  New-ServicePrincipal -AppId $id -ObjectId $object -DisplayName \"$name\"
  \$group = (Get-Group -Identity \"$mailbox_group\").DistinguishedName
  New-ManagementScope -Name WorkIQ -RecipientRestrictionFilter \"MemberOfGroup -eq '\$group'\"
  New-ManagementRoleAssignment -App $object -Role \"Application Mail.Read\" -CustomResourceScope WorkIQ"
fi
if [ -n "$sites" ]; then
  say "
Sites: in PowerShell, as SharePoint Administrator; the Azure CLI may not grant sites.
  Connect-MgGraph -Scopes Sites.FullControl.All -NoWelcome"
  for one in $sites; do
    say "  New-MgSitePermission -SiteId \"$one\" -BodyParameter @{ roles = @('read'); grantedToIdentities = @(@{ application = @{ id = '$id'; displayName = '$name' } }) }"
  done
fi

# ---- The snippet ----

if [ -n "$client" ]; then
  say '
For the workflow:'
  if [ -n "$repository" ]; then
    say 'permissions:
  id-token: write'
  fi
  say "env:
  WORKIQ_AUTH_MODE: app-only
  WORKIQ_TENANT_ID: $tenant
  WORKIQ_CLIENT_ID: $client"
  [ "$cloud" != AzureUSGovernment ] || say '  WORKIQ_CLOUD: usgov'
  [ "$cloud" != AzureChinaCloud ] || say '  WORKIQ_CLOUD: china'
  if [ -n "$certificate$new_certificate$new_secret" ]; then
    say '
For the step that runs workiq-auth exec, and for no other:
env:'
  fi
  if [ -n "$certificate$new_certificate" ]; then
    say '  WORKIQ_CLIENT_CERTIFICATE: ${{ secrets.WORKIQ_CLIENT_CERTIFICATE }}'
  elif [ -n "$new_secret" ]; then
    say '  WORKIQ_CLIENT_SECRET: ${{ secrets.WORKIQ_CLIENT_SECRET }}'
  fi
fi

if [ "$missing_count" -gt 0 ] && { [ -z "$dry_run" ] || [ -n "$check" ]; }; then finish 2; fi
finish 0
