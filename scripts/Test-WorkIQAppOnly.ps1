#Requires -Version 5.1
#Requires -Modules Microsoft.Graph.Authentication, Microsoft.Graph.Applications

<#
.SYNOPSIS
    Looks at an application for workiq-auth and says what it lacks. Changes nothing.

.DESCRIPTION
    Application, service principal, each permission (asked for and granted), and the credentials with their
    expiry. [PARTIAL] is a permission that is asked for and not granted, or a credential that is about to expire.

    Exit codes: 0 all is there, 1 failed, 2 something is missing.

.PARAMETER TenantId
    The directory (tenant) id, or a domain of the tenant.

.PARAMETER ClientId
    The application (client) id.

.PARAMETER DisplayName
    The application's name, if there is no -ClientId.

.PARAMETER For
    What the application is to read. One or more of Meetings, Chats, Channels, Mail, Sites, People, External.

.PARAMETER All
    All seven, which is also what is looked for without -For.

.PARAMETER WithNames
    Also the permissions that turn ids into names.

.PARAMETER Cloud
    The cloud that the tenant is in, as WORKIQ_CLOUD names it: public, usgov, usgov-dod or china.

.PARAMETER UseDeviceCode
    Signs in with a code, on a machine without a browser.

.EXAMPLE
    ./Test-WorkIQAppOnly.ps1 -TenantId 00000000-0000-0000-0000-000000000000 -For Meetings,Channels -WithNames

.LINK
    https://learn.microsoft.com/graph/permissions-reference
#>
[CmdletBinding()]
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

    [ValidateSet('public', 'usgov', 'usgov-dod', 'china')]
    [string] $Cloud = 'public',

    [switch] $UseDeviceCode
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$GraphAppId = '00000003-0000-0000-c000-000000000000'
$ExpirySoonDays = 30

# The app role ids are the same in every tenant.
$AreaRoles = @{
    Meetings = @{ 'OnlineMeetingTranscript.Read.All' = 'a4a80d8d-d283-4bd8-8504-555ec3870630' }
    Chats    = @{ 'Chat.Read.All' = '6b7d71aa-70aa-4810-a8d9-5d9fb2830017' }
    Channels = @{ 'ChannelMessage.Read.All' = '7b2449af-6ccd-4f4d-9f78-e550c193f0d1' }
    Mail     = @{ 'Mail.Read' = '810c84a8-4a9e-49e6-bf7d-12d183f40d01' }
    Sites    = @{ 'Sites.Read.All' = '332a536c-c7ef-4017-ab91-336970924f0d' }
    People   = @{ 'People.Read.All' = 'b528084d-ad10-4598-8b93-929746b4d7d6' }
    External = @{ 'ExternalItem.Read.All' = '7a7cffad-37d2-4f48-afa4-c6ab129adcc2' }
}

$NameRoles = @{
    Meetings = @{ 'OnlineMeetings.Read.All' = 'c1684f21-1984-47fa-9d61-2dc8c296bb70' }
    Chats    = @{ 'Chat.ReadBasic.All' = 'b2e060da-3baf-4687-9611-f4ebc0f0cbde' }
    Channels = @{
        'Team.ReadBasic.All'    = '2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e'
        'Channel.ReadBasic.All' = '59a6b24b-4225-4393-8165-ebaec5f55d7a'
    }
    Mail     = @{}
    Sites    = @{}
    People   = @{}
    External = @{ 'ExternalConnection.Read.All' = '1914711b-a1cb-4793-b019-c2ce0ed21b8c' }
}

$UserRole = @{ 'User.ReadBasic.All' = '97235f07-e226-4f63-ace3-39588e11d3a1' }

# A permission that stands in for another one, when the access was narrowed.
$SitesSelected = @{ 'Sites.Selected' = '883ea226-0bf2-4a8f-9f9d-92c9162a727d' }

# As Connect-MgGraph names the clouds.
$Environments = @{ 'public' = 'Global'; 'usgov' = 'USGov'; 'usgov-dod' = 'USGovDoD'; 'china' = 'China' }

# An unbound [guid] is not safely false.
$hasClientId = $PSBoundParameters.ContainsKey('ClientId')

$script:Left = $false

function Write-Ok([string] $Text) { Write-Host "[OK] $Text" -ForegroundColor Green }
function Write-Partial([string] $Text) { Write-Host "[PARTIAL] $Text" -ForegroundColor Yellow; $script:Left = $true }
function Write-Missing([string] $Text) { Write-Host "[MISSING] $Text" -ForegroundColor Red; $script:Left = $true }

function Get-WantedRole {
    $areas = $For
    if ($All -or $For.Count -eq 0) { $areas = @($AreaRoles.Keys) }
    $roles = @{}
    foreach ($area in $areas) {
        foreach ($role in $AreaRoles[$area].Keys) { $roles[$role] = $AreaRoles[$area][$role] }
        if ($WithNames) {
            foreach ($role in $NameRoles[$area].Keys) { $roles[$role] = $NameRoles[$area][$role] }
        }
    }
    if ($WithNames) {
        foreach ($role in $UserRole.Keys) { $roles[$role] = $UserRole[$role] }
    }
    return $roles
}

function Get-Application {
    if ($hasClientId) { $found = @(Get-MgApplication -Filter "appId eq '$ClientId'") }
    else { $found = @(Get-MgApplication -Filter "displayName eq '$DisplayName'" -All) }
    if ($found.Count -gt 1) { throw "More than one application is called '$DisplayName'; say which with -ClientId." }
    if ($found.Count -eq 1) { return $found[0] }
    return $null
}

function Test-Role($Application, $Principal) {
    $asked = @()
    foreach ($resource in @($Application.RequiredResourceAccess)) {
        if ($null -eq $resource -or $resource.ResourceAppId -ne $GraphAppId) { continue }
        $asked += @($resource.ResourceAccess | Where-Object { $_.Type -eq 'Role' } | ForEach-Object { "$($_.Id)" })
    }
    $granted = @()
    if ($Principal) {
        $graph = Get-MgServicePrincipal -Filter "appId eq '$GraphAppId'"
        $granted = @(Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $Principal.Id -All |
                Where-Object { $_.ResourceId -eq $graph.Id } | ForEach-Object { "$($_.AppRoleId)" })
    }
    $roles = Get-WantedRole
    foreach ($role in @($roles.Keys | Sort-Object)) {
        $id = $roles[$role]
        if ($id -in $granted) {
            Write-Ok $role
        }
        elseif ($role -eq 'Sites.Read.All' -and $SitesSelected['Sites.Selected'] -in $granted) {
            Write-Ok 'Sites.Selected: the sites that were granted one by one, and no search'
        }
        elseif ($id -in $asked) {
            Write-Partial "$role is asked for, not granted"
        }
        else {
            Write-Missing $role
            if ($role -eq 'Mail.Read') {
                Write-Host '  Rightly so if Exchange RBAC for Applications gives it: Test-ServicePrincipalAuthorization'
            }
        }
    }
}

# One credential that expires: True if it is still good.
function Test-Expiry([string] $What, $End) {
    $days = [int][System.Math]::Floor(($End - [datetime]::UtcNow).TotalDays)
    if ($days -lt 0) {
        Write-Host "[PARTIAL] $What has expired" -ForegroundColor Yellow
        return $false
    }
    if ($days -lt $ExpirySoonDays) { Write-Partial "$What expires in $days days" }
    else { Write-Ok "$What, $days days left" }
    return $true
}

function Test-Credential($Application) {
    $good = 0
    foreach ($one in @(Get-MgApplicationFederatedIdentityCredential -ApplicationId $Application.Id -All)) {
        Write-Ok "federated credential for $($one.Subject) of $($one.Issuer)"
        $good += 1
    }
    foreach ($one in @($Application.KeyCredentials | Where-Object { $null -ne $_ })) {
        if (Test-Expiry "certificate $($one.DisplayName)" $one.EndDateTime) { $good += 1 }
    }
    foreach ($one in @($Application.PasswordCredentials | Where-Object { $null -ne $_ })) {
        if (Test-Expiry "client secret $($one.Hint)..." $one.EndDateTime) { $good += 1 }
    }
    if ($good -eq 0) { Write-Missing 'a credential' }
}

$status = 0
$connected = $false
try {
    $connection = @{
        TenantId     = "$TenantId"
        Environment  = $Environments[$Cloud]
        Scopes       = @('Application.Read.All')
        NoWelcome    = $true
        ContextScope = 'Process'
    }
    if ($UseDeviceCode) { $connection['UseDeviceCode'] = $true }
    Connect-MgGraph @connection
    $connected = $true

    $application = Get-Application
    if ($application) {
        Write-Ok "application $($application.AppId)"
        $principal = Get-MgServicePrincipal -Filter "appId eq '$($application.AppId)'"
        if ($principal) { Write-Ok "service principal $($principal.Id)" }
        else { Write-Missing 'service principal' }
        Test-Role $application $principal
        Test-Credential $application
    }
    else {
        Write-Missing 'application'
    }
    if ($script:Left) {
        Write-Host 'To add what is missing: ./Enable-WorkIQAppOnly.ps1 with the same -TenantId and -For, and -WhatIf first'
        $status = 2
    }
}
catch {
    Write-Host "Test-WorkIQAppOnly: $_" -ForegroundColor Red
    $status = 1
}
finally {
    if ($connected) { $null = Disconnect-MgGraph }
}
exit $status
