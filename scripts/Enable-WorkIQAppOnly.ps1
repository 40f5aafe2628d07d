#Requires -Version 5.1
#Requires -Modules Microsoft.Graph.Authentication, Microsoft.Graph.Applications

<#
.SYNOPSIS
    Registers an application for workiq-auth in a Microsoft Entra tenant.

.DESCRIPTION
    Finds or creates the app registration and its service principal, asks for application permissions of Microsoft
    Graph, grants them, and adds one credential. What is there already is left as it is, so the script can be run
    again. -WhatIf changes nothing and says what would be changed.

    Granting needs Privileged Role Administrator or Global Administrator. Without it the rest is done, and the
    URL is printed at which someone who may can consent.

    Exit codes: 0 all is there, 1 failed, 2 something is left to do.

.PARAMETER TenantId
    The directory (tenant) id, or a domain of the tenant.

.PARAMETER ClientId
    An existing application, by its application (client) id.

.PARAMETER DisplayName
    The application's name, to find or create it by.

.PARAMETER For
    What the application may read. One or more of Meetings, Chats, Channels, Mail, Sites, People, External. With
    -ClientId and a credential it may be left out: permissions then stay as they are.

.PARAMETER All
    All seven.

.PARAMETER WithNames
    Also the permissions that turn ids into names, for what -For lists.

.PARAMETER GitHubRepository
    owner/name: a federated credential for GitHub Actions, with one of -Branch, -Environment, -PullRequest.

.PARAMETER Branch
    Runs on this branch. Also for -GitLabProject.

.PARAMETER Environment
    Runs in this environment.

.PARAMETER PullRequest
    Runs for pull requests. A pull request can change the workflow file, and the changed one can take the token.

.PARAMETER GitHubOwnerId
    With -GitHubRepositoryId, for the immutable subject, which repositories have that were created, renamed or
    transferred since summer 2026: gh api repos/owner/name --jq '.owner.id, .id'

.PARAMETER GitHubRepositoryId
    See -GitHubOwnerId.

.PARAMETER SubjectForm
    Both, Immutable or Classic. Both if the ids are given.

.PARAMETER GitLabProject
    group/project: a federated credential for GitLab CI, with -Branch.

.PARAMETER GitLabUrl
    Unless it is https://gitlab.com.

.PARAMETER PipelinesConnection
    organization/project/name: a service connection of Azure Pipelines, which is asked what its tokens say. Needs the
    module Az.Accounts.

.PARAMETER FederatedIssuer
    With -FederatedSubject: any other issuer.

.PARAMETER FederatedSubject
    See -FederatedIssuer.

.PARAMETER FederatedAudience
    With any of these: the audience of the tokens, unless it is the cloud's own.

.PARAMETER CertificatePath
    Uploads this certificate (.cer, .crt or .pem); its public part only. Its key is RSA: Entra takes no other.

.PARAMETER NewCertificate
    Creates a key and a certificate, stores them as -CertificateOutput, and uploads the certificate.

.PARAMETER CertificateOutput
    The .pfx that -NewCertificate writes. One that is there already is used again.

.PARAMETER CertificatePassword
    Of that file; asked for if it is not given.

.PARAMETER NewSecret
    Creates a client secret and writes it to -SecretOutput. It is never shown. A federated credential is better.

.PARAMETER SecretOutput
    The file that -NewSecret writes.

.PARAMETER Site
    Ids of sites: Sites.Selected and a grant for each, in place of Sites.Read.All.

.PARAMETER MailboxGroup
    A mail-enabled security group: mail of its members only, by Exchange RBAC for Applications in place of Mail.Read.

.PARAMETER MeetingGroup
    Object id of a group whose members' meetings may be read, by a Teams application access policy.

.PARAMETER MeetingOrganizer
    Users whose meetings may be read. A user has one policy; the application is added to it.

.PARAMETER EnableTranscripts
    Turns on transcripts over Microsoft Graph, for the whole tenant and every application that was granted them.

.PARAMETER Cloud
    The cloud that the tenant is in, as WORKIQ_CLOUD names it: public, usgov, usgov-dod or china.

.PARAMETER UseDeviceCode
    Signs in with a code, on a machine without a browser.

.EXAMPLE
    ./Enable-WorkIQAppOnly.ps1 -TenantId 00000000-0000-0000-0000-000000000000 -For Meetings,Channels -WithNames `
        -GitHubRepository contoso/decisions -Environment production -WhatIf

.EXAMPLE
    ./Enable-WorkIQAppOnly.ps1 -TenantId 00000000-0000-0000-0000-000000000000 -All -CertificatePath ./workiq.cer

.LINK
    https://learn.microsoft.com/graph/permissions-reference
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
param(
    [Parameter(Mandatory)]
    [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9.-]*$')]
    [string] $TenantId,

    [guid] $ClientId,

    [ValidatePattern('^[^''"\\]+$')]
    [string] $DisplayName = 'Work IQ app-only',

    [ValidateSet('Meetings', 'Chats', 'Channels', 'Mail', 'Sites', 'People', 'External')]
    [string[]] $For = @(),

    [switch] $All,

    [switch] $WithNames,

    [ValidatePattern('^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$')]
    [string] $GitHubRepository,

    [string] $Branch,

    [string] $Environment,

    [switch] $PullRequest,

    [ValidatePattern('^[0-9]+$')]
    [string] $GitHubOwnerId,

    [ValidatePattern('^[0-9]+$')]
    [string] $GitHubRepositoryId,

    [ValidateSet('Both', 'Immutable', 'Classic')]
    [string] $SubjectForm,

    [string] $GitLabProject,

    [uri] $GitLabUrl = 'https://gitlab.com',

    [ValidatePattern('^[^/''"]+/[^/''"]+/[^/''"]+$')]
    [string] $PipelinesConnection,

    [uri] $FederatedIssuer,

    [string] $FederatedSubject,

    [string] $FederatedAudience,

    [string] $CertificatePath,

    [switch] $NewCertificate,

    [string] $CertificateOutput = './workiq-auth.pfx',

    [securestring] $CertificatePassword,

    [switch] $NewSecret,

    [string] $SecretOutput = './workiq-auth.secret',

    [string[]] $Site = @(),

    [string] $MailboxGroup,

    [string] $MeetingGroup,

    [string[]] $MeetingOrganizer = @(),

    [switch] $EnableTranscripts,

    [ValidateSet('public', 'usgov', 'usgov-dod', 'china')]
    [string] $Cloud = 'public',

    [switch] $UseDeviceCode
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$GraphAppId = '00000003-0000-0000-c000-000000000000'
# Azure DevOps, the same in every tenant.
$AzureDevOpsAppId = '499b84ac-1321-427f-aa17-267ca6975798'
$GitHubIssuer = 'https://token.actions.githubusercontent.com'
$PolicyName = 'WorkIQ'
$SecretName = 'workiq-auth'

# The app role ids are the same in every tenant.
$RoleIds = @{
    'OnlineMeetingTranscript.Read.All' = 'a4a80d8d-d283-4bd8-8504-555ec3870630'
    'Chat.Read.All'                    = '6b7d71aa-70aa-4810-a8d9-5d9fb2830017'
    'ChannelMessage.Read.All'          = '7b2449af-6ccd-4f4d-9f78-e550c193f0d1'
    'Mail.Read'                        = '810c84a8-4a9e-49e6-bf7d-12d183f40d01'
    'Sites.Read.All'                   = '332a536c-c7ef-4017-ab91-336970924f0d'
    'People.Read.All'                  = 'b528084d-ad10-4598-8b93-929746b4d7d6'
    'ExternalItem.Read.All'            = '7a7cffad-37d2-4f48-afa4-c6ab129adcc2'
    # In place of Sites.Read.All, and helpers that turn ids into names.
    'Sites.Selected'                   = '883ea226-0bf2-4a8f-9f9d-92c9162a727d'
    'User.ReadBasic.All'               = '97235f07-e226-4f63-ace3-39588e11d3a1'
    'OnlineMeetings.Read.All'          = 'c1684f21-1984-47fa-9d61-2dc8c296bb70'
    'Chat.ReadBasic.All'               = 'b2e060da-3baf-4687-9611-f4ebc0f0cbde'
    'Team.ReadBasic.All'               = '2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e'
    'Channel.ReadBasic.All'            = '59a6b24b-4225-4393-8165-ebaec5f55d7a'
    'ExternalConnection.Read.All'      = '1914711b-a1cb-4793-b019-c2ce0ed21b8c'
}

$AreaRoles = @{
    Meetings = @('OnlineMeetingTranscript.Read.All')
    Chats    = @('Chat.Read.All')
    Channels = @('ChannelMessage.Read.All')
    Mail     = @('Mail.Read')
    Sites    = @('Sites.Read.All')
    People   = @('People.Read.All')
    External = @('ExternalItem.Read.All')
}

$NameRoles = @{
    Meetings = @('OnlineMeetings.Read.All')
    Chats    = @('Chat.ReadBasic.All')
    Channels = @('Team.ReadBasic.All', 'Channel.ReadBasic.All')
    Mail     = @()
    Sites    = @()
    People   = @()
    External = @('ExternalConnection.Read.All')
}

# A cloud by the name that each module has for it, and the audience of federation there.
# https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
$Clouds = @{
    'public'    = @{ Graph = 'Global'; Azure = 'AzureCloud'; Exchange = 'O365Default'; Audience = 'api://AzureADTokenExchange' }
    'usgov'     = @{ Graph = 'USGov'; Azure = 'AzureUSGovernment'; Teams = 'TeamsGCCH'; Exchange = 'O365USGovGCCHigh'; Audience = 'api://AzureADTokenExchangeUSGov' }
    'usgov-dod' = @{ Graph = 'USGovDoD'; Azure = 'AzureUSGovernment'; Teams = 'TeamsDOD'; Exchange = 'O365USGovDoD'; Audience = 'api://AzureADTokenExchangeUSGov' }
    'china'     = @{ Graph = 'China'; Azure = 'AzureChinaCloud'; Teams = 'TeamsChina'; Exchange = 'O365China'; Audience = 'api://AzureADTokenExchangeChina' }
}
$place = $Clouds[$Cloud]

# An unbound [guid] is not safely false.
$hasClientId = $PSBoundParameters.ContainsKey('ClientId')

# What was found or done; Left says that something is still to do.
$script:Left = $false

function Write-Ok([string] $Text) { Write-Host "[OK] $Text" -ForegroundColor Green }
function Write-Partial([string] $Text) { Write-Host "[PARTIAL] $Text" -ForegroundColor Yellow; $script:Left = $true }
function Write-Missing([string] $Text) { Write-Host "[MISSING] $Text" -ForegroundColor Red; $script:Left = $true }

# Ends with 2: an option is wrong.
function Stop-Usage([string] $Text) {
    Write-Host "Enable-WorkIQAppOnly: $Text" -ForegroundColor Red
    Write-Host 'See Get-Help ./Enable-WorkIQAppOnly.ps1 -Detailed'
    exit 2
}

function Assert-Module([string] $Name) {
    if (-not (Get-Module -ListAvailable -Name $Name)) {
        throw "The module $Name is not installed: Install-Module $Name -Scope CurrentUser"
    }
    Import-Module -Name $Name
}

# The permissions that the options ask for, each once.
function Get-WantedRole {
    $areas = $For
    if ($All) { $areas = @($AreaRoles.Keys) }
    $roles = @()
    foreach ($area in $areas) {
        if ($area -eq 'Sites' -and $Site.Count -gt 0) { $roles += 'Sites.Selected' }
        elseif ($area -eq 'Mail' -and $MailboxGroup) { continue }
        else { $roles += $AreaRoles[$area] }
        if ($WithNames) { $roles += $NameRoles[$area] }
    }
    if ($WithNames) { $roles += 'User.ReadBasic.All' }
    $roles | Sort-Object -Unique
}

# What the tokens of a service connection say. Of a new one it cannot be told from its name.
# https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints/get-service-endpoints-by-names
function Get-PipelinesFederation {
    Assert-Module 'Az.Accounts'
    $azure = @{ Tenant = $TenantId; Environment = $place.Azure; Scope = 'Process' }
    if ($UseDeviceCode) { $azure['UseDeviceAuthentication'] = $true }
    $null = Connect-AzAccount @azure
    try {
        $token = (Get-AzAccessToken -ResourceUrl $AzureDevOpsAppId).Token
        # Newer versions of the module do not give it as text.
        if ($token -is [securestring]) { $token = [System.Net.NetworkCredential]::new('', $token).Password }
        $organization, $project, $name = $PipelinesConnection.Split('/') | ForEach-Object { [uri]::EscapeDataString($_) }
        $url = "https://dev.azure.com/$organization/$project/_apis/serviceendpoint/endpoints?endpointNames=$name&api-version=7.1"
        $answer = Invoke-RestMethod -Uri $url -Headers @{ Authorization = "Bearer $token" }
    }
    finally {
        $null = Disconnect-AzAccount -Scope 'Process'
    }
    foreach ($connection in @($answer.value)) {
        $known = $connection.authorization.parameters.PSObject.Properties
        if ($known['workloadIdentityFederationIssuer'] -and $known['workloadIdentityFederationSubject']) {
            return @{
                Issuer   = $known['workloadIdentityFederationIssuer'].Value
                Subjects = @($known['workloadIdentityFederationSubject'].Value)
            }
        }
    }
    throw "$PipelinesConnection is no service connection with workload identity federation, or not for you to see."
}

# The subjects of the federated credential, and whose they are.
function Get-WantedFederation {
    if ($GitHubRepository) {
        if ($Branch) { $filter = "ref:refs/heads/$Branch" }
        # GitHub writes a colon in an environment's name as %3A.
        elseif ($Environment) { $filter = 'environment:' + $Environment.Replace(':', '%3A') }
        else { $filter = 'pull_request' }
        $owner, $name = $GitHubRepository.Split('/')
        $form = $SubjectForm
        if (-not $form) { if ($GitHubOwnerId) { $form = 'Both' } else { $form = 'Classic' } }
        $subjects = @()
        if ($form -ne 'Classic') { $subjects += "repo:$owner@${GitHubOwnerId}/$name@${GitHubRepositoryId}:$filter" }
        if ($form -ne 'Immutable') { $subjects += "repo:${GitHubRepository}:$filter" }
        return @{ Issuer = $GitHubIssuer; Subjects = $subjects }
    }
    if ($GitLabProject) {
        $subject = "project_path:${GitLabProject}:ref_type:branch:ref:$Branch"
        return @{ Issuer = $GitLabUrl.OriginalString.TrimEnd('/'); Subjects = @($subject) }
    }
    if ($PipelinesConnection) { return Get-PipelinesFederation }
    if ($FederatedSubject) {
        return @{ Issuer = $FederatedIssuer.OriginalString; Subjects = @($FederatedSubject) }
    }
    return $null
}

function Assert-Options {
    $kinds = @($GitHubRepository, $GitLabProject, $PipelinesConnection, "$FederatedIssuer$FederatedSubject", $CertificatePath)
    $count = @($kinds | Where-Object { $_ }).Count + [int][bool]$NewCertificate + [int][bool]$NewSecret
    if ($count -gt 1) { Stop-Usage 'One credential at a time.' }
    if (-not $All -and $For.Count -eq 0 -and -not ($hasClientId -and $count -eq 1)) {
        Stop-Usage '-For or -All says what the application may read; only -ClientId with a credential goes without.'
    }
    $filters = @($Branch, $Environment | Where-Object { $_ }).Count + [int][bool]$PullRequest
    if ($GitHubRepository) {
        if ($filters -ne 1) { Stop-Usage '-GitHubRepository goes with one of -Branch, -Environment, -PullRequest.' }
        if ([bool]$GitHubOwnerId -ne [bool]$GitHubRepositoryId) {
            Stop-Usage '-GitHubOwnerId and -GitHubRepositoryId go together.'
        }
        if ($SubjectForm -in 'Both', 'Immutable' -and -not $GitHubOwnerId) {
            Stop-Usage "The immutable subject needs -GitHubOwnerId and -GitHubRepositoryId: gh api repos/$GitHubRepository --jq '.owner.id, .id'"
        }
        if (-not $GitHubOwnerId) {
            Write-Warning "Only the classic subject is added. A repository that was created, renamed or transferred since summer 2026 has the immutable one: see -GitHubOwnerId. Its ids: gh api repos/$GitHubRepository --jq '.owner.id, .id'"
        }
        if ($PullRequest) {
            Write-Warning "A pull request can change the workflow file, and the changed one can take the token: whoever may push a branch to $GitHubRepository reads what the application reads. -Environment with a rule on branches is safer."
        }
    }
    elseif ($GitLabProject) {
        if (-not $Branch -or $filters -ne 1) { Stop-Usage '-GitLabProject goes with -Branch.' }
    }
    elseif ($filters -gt 0) {
        Stop-Usage '-Branch, -Environment and -PullRequest go with -GitHubRepository or -GitLabProject.'
    }
    if ([bool]$FederatedIssuer -ne [bool]$FederatedSubject) {
        Stop-Usage '-FederatedIssuer and -FederatedSubject go together.'
    }
    if ($FederatedAudience -and -not ($GitHubRepository -or $GitLabProject -or $PipelinesConnection -or $FederatedSubject)) {
        Stop-Usage '-FederatedAudience goes with a federated credential.'
    }
    if ($CertificatePath -and -not (Test-Path -LiteralPath $CertificatePath)) {
        Stop-Usage "-CertificatePath: there is no $CertificatePath."
    }
}

# The application, found or created; nothing with -WhatIf if there is none.
function Resolve-Application {
    if ($hasClientId) {
        $found = @(Get-MgApplication -Filter "appId eq '$ClientId'")
        if ($found.Count -eq 0) { throw "Tenant $TenantId has no application $ClientId." }
    }
    else {
        $found = @(Get-MgApplication -Filter "displayName eq '$DisplayName'" -All)
        if ($found.Count -gt 1) { throw "More than one application is called '$DisplayName'; say which with -ClientId." }
    }
    if ($found.Count -eq 1) {
        Write-Ok "application $($found[0].AppId)"
        return $found[0]
    }
    if ($PSCmdlet.ShouldProcess($DisplayName, 'create the application')) {
        $new = New-MgApplication -DisplayName $DisplayName -SignInAudience 'AzureADMyOrg'
        Write-Ok "application $($new.AppId) (done now)"
        return $new
    }
    Write-Missing "application '$DisplayName'"
    return $null
}

function Resolve-ServicePrincipal($Application) {
    $found = Get-MgServicePrincipal -Filter "appId eq '$($Application.AppId)'"
    if ($found) {
        Write-Ok "service principal $($found.Id)"
        return $found
    }
    if ($PSCmdlet.ShouldProcess($Application.AppId, 'create the service principal')) {
        # A new application takes a few seconds to be known everywhere in the directory.
        foreach ($try in @(1, 2, 3, 4)) {
            try {
                $new = New-MgServicePrincipal -AppId $Application.AppId
                Write-Ok "service principal $($new.Id) (done now)"
                return $new
            }
            catch {
                if ($try -eq 4) { throw }
                Start-Sleep -Seconds 5
            }
        }
    }
    Write-Missing 'service principal'
    return $null
}

# Adds to what the manifest asks for, and takes nothing away.
function Add-RequiredRole($Application, [string[]] $Roles) {
    $access = @()
    $have = @()
    $known = $false
    $ids = @($Roles | ForEach-Object { $RoleIds[$_] })
    foreach ($resource in @($Application.RequiredResourceAccess)) {
        if ($null -eq $resource) { continue }
        $items = @($resource.ResourceAccess | ForEach-Object { @{ Id = $_.Id; Type = $_.Type } })
        if ($resource.ResourceAppId -eq $GraphAppId) {
            $known = $true
            $have = @($resource.ResourceAccess | Where-Object { $_.Type -eq 'Role' } | ForEach-Object { "$($_.Id)" })
            $items += @($ids | Where-Object { $_ -notin $have } | ForEach-Object { @{ Id = $_; Type = 'Role' } })
        }
        $access += @{ ResourceAppId = $resource.ResourceAppId; ResourceAccess = $items }
    }
    if (-not $known) {
        $items = @($ids | ForEach-Object { @{ Id = $_; Type = 'Role' } })
        $access += @{ ResourceAppId = $GraphAppId; ResourceAccess = $items }
    }
    $new = @($Roles | Where-Object { $RoleIds[$_] -notin $have })
    if ($new.Count -eq 0) {
        Write-Ok 'the manifest asks for each permission'
    }
    elseif ($PSCmdlet.ShouldProcess($Application.AppId, "ask for $($new -join ', ')")) {
        Update-MgApplication -ApplicationId $Application.Id -RequiredResourceAccess $access
        Write-Ok "the manifest asks for $($new -join ', ') (done now)"
    }
    else {
        Write-Missing "the manifest asks for $($new -join ', ')"
    }
}

# Grants each permission that is not granted; gives the ids of those that were granted before.
function Add-RoleGrant($Principal, [string[]] $Roles) {
    $graph = Get-MgServicePrincipal -Filter "appId eq '$GraphAppId'"
    $assignments = @(Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $Principal.Id -All)
    $granted = @($assignments | Where-Object { $_.ResourceId -eq $graph.Id } | ForEach-Object { "$($_.AppRoleId)" })
    $refused = $false
    foreach ($role in $Roles) {
        $roleId = $RoleIds[$role]
        if ($roleId -in $granted) {
            Write-Ok $role
            continue
        }
        if (-not $PSCmdlet.ShouldProcess($Principal.Id, "grant $role")) {
            Write-Missing "$role is not granted"
            continue
        }
        try {
            $null = New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $Principal.Id `
                -PrincipalId $Principal.Id -ResourceId $graph.Id -AppRoleId $roleId
            Write-Ok "$role (done now)"
        }
        catch {
            if ("$_" -notmatch 'Authorization_RequestDenied|Insufficient privileges') { throw }
            Write-Partial "$role is asked for, not granted"
            $refused = $true
        }
    }
    if ($refused) {
        $login = (Get-MgEnvironment -Name (Get-MgContext).Environment).AzureADEndpoint.TrimEnd('/')
        Write-Host 'Privileged Role Administrator or Global Administrator may consent, here or at'
        Write-Host "  $login/$TenantId/adminconsent?client_id=$($Principal.AppId)"
    }
    # A narrower way is of no use while the tenant-wide permission is granted.
    $wide = @()
    if ($Site.Count -gt 0) { $wide += 'Sites.Read.All' }
    if ($MailboxGroup) { $wide += 'Mail.Read' }
    foreach ($assignment in $assignments) {
        foreach ($role in $wide) {
            if ("$($assignment.AppRoleId)" -eq $RoleIds[$role] -and $assignment.ResourceId -eq $graph.Id) {
                Write-Partial "$role is granted for the whole tenant, so nothing is narrowed until it is removed:"
                Write-Host "  Remove-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $($Principal.Id) -AppRoleAssignmentId $($assignment.Id)"
            }
        }
    }
}

function Add-Federation($Application, $Wanted) {
    $audience = $place.Audience
    if ($FederatedAudience) { $audience = $FederatedAudience }
    $present = @(Get-MgApplicationFederatedIdentityCredential -ApplicationId $Application.Id -All)
    foreach ($subject in $Wanted.Subjects) {
        # Entra compares with case.
        $same = @($present | Where-Object { $_.Issuer -ceq $Wanted.Issuer -and $_.Subject -ceq $subject })
        if ($same.Count -gt 0) {
            if (@($same[0].Audiences | Where-Object { $_ -ceq $audience }).Count -gt 0) {
                Write-Ok "federated credential for $subject"
                continue
            }
            # It holds one audience, which somebody else's tokens may need.
            Write-Partial "federated credential for $subject takes the audience $($same[0].Audiences), not $audience. To change it:"
            Write-Host "  Update-MgApplicationFederatedIdentityCredential -ApplicationId $($Application.Id) -FederatedIdentityCredentialId $($same[0].Id) -Audiences '$audience'"
            continue
        }
        if (-not $PSCmdlet.ShouldProcess($Application.AppId, "trust $subject of $($Wanted.Issuer)")) {
            Write-Missing "federated credential for $subject"
            continue
        }
        $name = 'workiq-auth-' + [guid]::NewGuid().ToString('N').Substring(0, 12)
        $null = New-MgApplicationFederatedIdentityCredential -ApplicationId $Application.Id -Name $name `
            -Issuer $Wanted.Issuer -Subject $subject -Audiences @($audience)
        Write-Ok "federated credential for $subject (done now)"
    }
}

# A key and a certificate of its own, written as a PFX; gives the certificate.
function New-CertificateFile([string] $Path, [securestring] $Password) {
    $key = [System.Security.Cryptography.RSA]::Create(3072)
    try {
        $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new(
            'CN=workiq-auth',
            $key,
            [System.Security.Cryptography.HashAlgorithmName]::SHA256,
            [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $now = [System.DateTimeOffset]::UtcNow
        $certificate = $request.CreateSelfSigned($now.AddMinutes(-5), $now.AddYears(1))
        $kind = [System.Security.Cryptography.X509Certificates.X509ContentType]::Pfx
        [System.IO.File]::WriteAllBytes($Path, $certificate.Export($kind, $Password))
        return $certificate
    }
    finally {
        $key.Dispose()
    }
}

# The full path of a file that may not be there yet.
function Get-FullPath([string] $Path) {
    $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
}

function Add-Certificate($Application) {
    if ($CertificatePath) {
        $path = Get-FullPath $CertificatePath
        $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new($path)
    }
    else {
        $path = Get-FullPath $CertificateOutput
        $exists = Test-Path -LiteralPath $path
        if (-not $exists -and -not $PSCmdlet.ShouldProcess($path, 'create a key and a certificate')) {
            Write-Missing "certificate in $path"
            return
        }
        $password = $CertificatePassword
        if (-not $password) { $password = Read-Host -Prompt "Password of $path" -AsSecureString }
        if ($exists) {
            $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new($path, $password)
        }
        else {
            $certificate = New-CertificateFile -Path $path -Password $password
            Write-Host "$path holds the private key: put it, in base64, into the CI's secret WORKIQ_CLIENT_CERTIFICATE, then delete it."
        }
    }
    if ($certificate.NotAfter -lt (Get-Date)) { throw "The certificate has expired on $($certificate.NotAfter)." }
    $public = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPublicKey($certificate)
    if ($null -eq $public) {
        throw "The key of the certificate in $path is not RSA ($($certificate.PublicKey.Oid.FriendlyName)), and Entra takes only RSA for what an application signs. Make one with -NewCertificate."
    }
    # Graph shows the certificates themselves only of one application, and only when they are asked for.
    $present = @((Get-MgApplication -ApplicationId $Application.Id -Property 'KeyCredentials').KeyCredentials |
            Where-Object { $null -ne $_ })
    $own = [System.Convert]::ToBase64String($certificate.RawData)
    foreach ($credential in $present) {
        if ($null -ne $credential.Key -and [System.Convert]::ToBase64String($credential.Key) -ceq $own) {
            Write-Ok "certificate $($certificate.Thumbprint)"
            return
        }
    }
    if (-not $PSCmdlet.ShouldProcess($Application.AppId, "add certificate $($certificate.Thumbprint)")) {
        Write-Missing "certificate $($certificate.Thumbprint)"
        return
    }
    # The collection is replaced as a whole, so those that are there go along.
    $all = $present + @{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData; DisplayName = 'CN=workiq-auth' }
    Update-MgApplication -ApplicationId $Application.Id -KeyCredentials $all
    Write-Ok "certificate $($certificate.Thumbprint) (done now)"
}

function Add-Secret($Application) {
    Write-Warning 'A client secret can be copied and used from anywhere until it expires. A federated credential needs no secret at all, and a certificate never sends its key.'
    $good = @($Application.PasswordCredentials | Where-Object {
            $null -ne $_ -and $_.DisplayName -eq $SecretName -and $_.EndDateTime -gt [datetime]::UtcNow
        })
    if ($good.Count -gt 0) {
        Write-Ok 'client secret; for a new one, remove the old one first: Remove-MgApplicationPassword'
        return
    }
    $path = Get-FullPath $SecretOutput
    if (Test-Path -LiteralPath $path) { throw "$path is there already." }
    if (-not $PSCmdlet.ShouldProcess($Application.AppId, "create a client secret and write it to $path")) {
        Write-Missing 'client secret'
        return
    }
    $credential = @{ DisplayName = $SecretName; EndDateTime = [datetime]::UtcNow.AddYears(1) }
    # The file first: a secret that could not be written would be lost, and stay good.
    [System.IO.File]::WriteAllText($path, '')
    if ($env:OS -ne 'Windows_NT') { chmod 600 $path }
    $secret = Add-MgApplicationPassword -ApplicationId $Application.Id -PasswordCredential $credential
    [System.IO.File]::WriteAllText($path, $secret.SecretText)
    Write-Ok "client secret, in $path (done now): put it into the CI's secret WORKIQ_CLIENT_SECRET, then delete the file"
}

function Add-SiteGrant($Application) {
    Assert-Module 'Microsoft.Graph.Sites'
    foreach ($one in $Site) {
        $present = @(Get-MgSitePermission -SiteId $one -All)
        $same = @($present | Where-Object {
                @($_.GrantedToIdentitiesV2 | Where-Object {
                        $null -ne $_ -and $null -ne $_.Application -and $_.Application.Id -eq $Application.AppId
                    }).Count -gt 0
            })
        if ($same.Count -gt 0) {
            Write-Ok "site $one"
            continue
        }
        if (-not $PSCmdlet.ShouldProcess($one, 'let the application read the site')) {
            Write-Missing "site $one"
            continue
        }
        $identity = @{ application = @{ id = $Application.AppId; displayName = $Application.DisplayName } }
        $null = New-MgSitePermission -SiteId $one -BodyParameter @{ roles = @('read'); grantedToIdentities = @($identity) }
        Write-Ok "site $one (done now)"
    }
}

# Adds the application to a policy, whoever has it.
function Add-ToPolicy([string] $Identity, [string] $AppId) {
    $policy = Get-CsApplicationAccessPolicy -Identity $Identity
    if ($AppId -in @($policy.AppIds)) {
        Write-Ok "application access policy $Identity has the application"
    }
    elseif ($PSCmdlet.ShouldProcess($Identity, 'add the application to this access policy, for all who have it')) {
        $null = Set-CsApplicationAccessPolicy -Identity $Identity -AppIds @{ Add = $AppId }
        Write-Ok "application access policy $Identity has the application (done now)"
    }
    else {
        Write-Missing "application access policy $Identity with the application"
    }
}

# Our own policy. Who gets it loses the tenant's, so it begins with that one's applications.
function Resolve-OwnPolicy([string] $AppId) {
    $own = @(Get-CsApplicationAccessPolicy | Where-Object { $_.Identity -in $PolicyName, "Tag:$PolicyName" })
    if ($own.Count -gt 0) {
        Add-ToPolicy -Identity $PolicyName -AppId $AppId
        return $true
    }
    if (-not $PSCmdlet.ShouldProcess($PolicyName, 'create an application access policy')) {
        Write-Missing "application access policy $PolicyName"
        return $false
    }
    $global = @(Get-CsApplicationAccessPolicy | Where-Object { $_.Identity -eq 'Global' })
    $apps = @($AppId)
    if ($global.Count -gt 0) { $apps += @($global[0].AppIds | Where-Object { $_ -and $_ -ne $AppId }) }
    $null = New-CsApplicationAccessPolicy -Identity $PolicyName -AppIds $apps -Description 'Meetings that Work IQ may read'
    Write-Ok "application access policy $PolicyName (done now)"
    return $true
}

function Add-MeetingAccess([string] $AppId) {
    Assert-Module 'MicrosoftTeams'
    $teams = @{ TenantId = $TenantId }
    if ($Cloud -ne 'public') { $teams['TeamsEnvironmentName'] = $place.Teams }
    if ($UseDeviceCode) { $teams['UseDeviceAuthentication'] = $true }
    $null = Connect-MicrosoftTeams @teams
    try {
        foreach ($user in $MeetingOrganizer) {
            $policy = (Get-CsOnlineUser -Identity $user).ApplicationAccessPolicy
            # An object in newer versions of the module, a name in older ones; nothing if the tenant's own holds.
            if ($policy -and $policy -isnot [string]) { $policy = $policy.Name }
            if ($policy) {
                Add-ToPolicy -Identity $policy -AppId $AppId
            }
            elseif (Resolve-OwnPolicy -AppId $AppId) {
                if ($PSCmdlet.ShouldProcess($user, "grant the policy $PolicyName")) {
                    $null = Grant-CsApplicationAccessPolicy -Identity $user -PolicyName $PolicyName
                    Write-Ok "meetings of $user (done now; up to 30 minutes until it holds)"
                }
                else {
                    Write-Missing "meetings of $user"
                }
            }
        }
        if ($MeetingGroup) {
            $made = Resolve-OwnPolicy -AppId $AppId
            $granted = @()
            if ($made) {
                $granted = @(Get-CsGroupPolicyAssignment -PolicyType 'ApplicationAccessPolicy' |
                        Where-Object { $_.GroupId -eq $MeetingGroup })
            }
            if ($granted.Count -gt 0 -and $granted[0].PolicyName -eq $PolicyName) {
                Write-Ok "meetings of group $MeetingGroup"
            }
            elseif ($granted.Count -gt 0) {
                # A group has one policy too.
                Add-ToPolicy -Identity $granted[0].PolicyName -AppId $AppId
            }
            elseif ($made -and $PSCmdlet.ShouldProcess($MeetingGroup, "grant the policy $PolicyName to the group")) {
                $null = Grant-CsApplicationAccessPolicy -Group $MeetingGroup -PolicyName $PolicyName
                Write-Ok "meetings of group $MeetingGroup (done now; up to 30 minutes until it holds)"
                Write-Host 'A member with a policy of their own keeps that one: name them with -MeetingOrganizer.'
            }
            else {
                Write-Missing "meetings of group $MeetingGroup"
            }
        }
        if ($EnableTranscripts) {
            Write-Warning 'This opens transcripts over Microsoft Graph for the whole tenant, to every application that was granted them and not only to this one.'
            if ($PSCmdlet.ShouldProcess("tenant $TenantId", 'open transcripts to every application that was granted them')) {
                Set-CsTeamsMeetingConfiguration -EnableGraphTranscriptAccess $true -EnableAttributedTranscripts $true
                Write-Ok 'transcripts over Microsoft Graph (done now; up to an hour until it holds)'
            }
        }
    }
    finally {
        Disconnect-MicrosoftTeams
    }
}

function Add-MailboxScope($Application, $Principal) {
    Assert-Module 'ExchangeOnlineManagement'
    $exchange = @{ ExchangeEnvironmentName = $place.Exchange; ShowBanner = $false }
    if ($UseDeviceCode) { $exchange['Device'] = $true }
    Connect-ExchangeOnline @exchange
    try {
        $scope = "WorkIQ $($Application.AppId)"
        if (@(Get-ServicePrincipal | Where-Object { $_.AppId -eq $Application.AppId }).Count -gt 0) {
            Write-Ok 'service principal in Exchange'
        }
        elseif ($PSCmdlet.ShouldProcess($Application.AppId, 'create the service principal in Exchange')) {
            $null = New-ServicePrincipal -AppId $Application.AppId -ObjectId $Principal.Id -DisplayName $Application.DisplayName
            Write-Ok 'service principal in Exchange (done now)'
        }
        else {
            Write-Missing 'service principal in Exchange'
        }
        # With a name that it does not know, Get-Group may answer with every group there is.
        $groups = @(Get-Group -Identity $MailboxGroup)
        if ($groups.Count -ne 1) {
            throw "-MailboxGroup: $MailboxGroup names $($groups.Count) groups in Exchange, and one is needed."
        }
        $group = $groups[0].DistinguishedName
        $filter = "MemberOfGroup -eq '$($group.Replace("'", "''"))'"
        $scopes = @(Get-ManagementScope | Where-Object { $_.Name -eq $scope })
        if ($scopes.Count -gt 0) {
            Write-Ok "management scope $scope"
            if ($scopes[0].RecipientFilter -notlike "*$group*") {
                Write-Partial "management scope $scope is for another group: $($scopes[0].RecipientFilter)"
            }
        }
        elseif ($PSCmdlet.ShouldProcess($scope, "create a management scope for $MailboxGroup")) {
            $null = New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter
            Write-Ok "management scope $scope (done now)"
        }
        else {
            Write-Missing "management scope $scope"
        }
        $assigned = @(Get-ManagementRoleAssignment -Role 'Application Mail.Read' |
                Where-Object { $_.CustomResourceScope -eq $scope })
        if ($assigned.Count -gt 0) {
            Write-Ok "mail of $MailboxGroup"
        }
        elseif ($PSCmdlet.ShouldProcess($MailboxGroup, 'let the application read the mail of its members')) {
            $null = New-ManagementRoleAssignment -App $Principal.Id -Role 'Application Mail.Read' -CustomResourceScope $scope
            Write-Ok "mail of $MailboxGroup (done now; up to two hours until it holds)"
        }
        else {
            Write-Missing "mail of $MailboxGroup"
        }
    }
    finally {
        Disconnect-ExchangeOnline -Confirm:$false
    }
}

function Show-Snippet($Application) {
    Write-Host ''
    Write-Host 'For the workflow:'
    if ($GitHubRepository) {
        Write-Host 'permissions:'
        Write-Host '  id-token: write'
    }
    Write-Host 'env:'
    Write-Host '  WORKIQ_AUTH_MODE: app-only'
    Write-Host "  WORKIQ_TENANT_ID: $TenantId"
    Write-Host "  WORKIQ_CLIENT_ID: $($Application.AppId)"
    if ($Cloud -ne 'public') { Write-Host "  WORKIQ_CLOUD: $Cloud" }
    if (-not ($CertificatePath -or $NewCertificate -or $NewSecret)) { return }
    Write-Host ''
    Write-Host 'For the step that runs workiq-auth exec, and for no other:'
    Write-Host 'env:'
    if ($CertificatePath -or $NewCertificate) {
        Write-Host '  WORKIQ_CLIENT_CERTIFICATE: ${{ secrets.WORKIQ_CLIENT_CERTIFICATE }}'
    }
    if ($NewCertificate) {
        Write-Host '  WORKIQ_CLIENT_CERTIFICATE_PASSWORD: ${{ secrets.WORKIQ_CLIENT_CERTIFICATE_PASSWORD }}'
    }
    if ($NewSecret) {
        Write-Host '  WORKIQ_CLIENT_SECRET: ${{ secrets.WORKIQ_CLIENT_SECRET }}'
    }
}

Assert-Options
$status = 0
$connected = $false
try {
    $scopes = @('Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All')
    if ($Site.Count -gt 0) { $scopes += 'Sites.FullControl.All' }
    $connection = @{
        TenantId     = "$TenantId"
        Environment  = $place.Graph
        Scopes       = $scopes
        NoWelcome    = $true
        ContextScope = 'Process'
    }
    if ($UseDeviceCode) { $connection['UseDeviceCode'] = $true }
    Connect-MgGraph @connection
    $connected = $true

    $roles = @(Get-WantedRole)
    $application = Resolve-Application
    $principal = $null
    if ($application) { $principal = Resolve-ServicePrincipal $application }
    if ($application) {
        if ($roles.Count -gt 0) {
            Add-RequiredRole $application $roles
        }
        if ($principal) { Add-RoleGrant $principal $roles }
        $federation = Get-WantedFederation
        if ($federation) { Add-Federation $application $federation }
        if ($CertificatePath -or $NewCertificate) { Add-Certificate $application }
        if ($NewSecret) { Add-Secret $application }
        if ($Site.Count -gt 0) { Add-SiteGrant $application }
        if ($MeetingGroup -or $MeetingOrganizer.Count -gt 0 -or $EnableTranscripts) {
            Add-MeetingAccess $application.AppId
        }
        if ($MailboxGroup -and $principal) { Add-MailboxScope $application $principal }
        Show-Snippet $application
    }
    else {
        foreach ($role in $roles) { Write-Missing $role }
        $federation = Get-WantedFederation
        if ($federation) {
            foreach ($subject in $federation.Subjects) { Write-Missing "federated credential for $subject" }
        }
    }
    # With -WhatIf nothing was meant to be done.
    if ($script:Left -and -not $WhatIfPreference) { $status = 2 }
}
catch {
    Write-Host "Enable-WorkIQAppOnly: $_" -ForegroundColor Red
    Write-Host 'It is safe to run it again.'
    $status = 1
}
finally {
    if ($connected) { $null = Disconnect-MgGraph }
}
exit $status
