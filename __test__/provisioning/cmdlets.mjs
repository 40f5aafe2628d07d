// Cmdlets that the scripts and the doctor's commands may use, with the parameters that are used of each, as their pages list them.

const page = (module, name) =>
  module === 'pnp.powershell'
    ? `https://pnp.github.io/powershell/cmdlets/${name}.html`
    : `https://learn.microsoft.com/powershell/module/${module}/${name.toLowerCase()}`;

const MODULES = {
  'microsoft.graph.authentication': {
    'Connect-MgGraph': ['TenantId', 'Environment', 'Scopes', 'NoWelcome', 'ContextScope', 'UseDeviceCode'],
    'Disconnect-MgGraph': [],
    'Get-MgContext': [],
    'Get-MgEnvironment': ['Name'],
  },
  'microsoft.graph.applications': {
    'Get-MgApplication': ['Filter', 'All', 'ApplicationId', 'Property'],
    'New-MgApplication': ['DisplayName', 'SignInAudience'],
    'Update-MgApplication': ['ApplicationId', 'RequiredResourceAccess', 'KeyCredentials'],
    'Add-MgApplicationPassword': ['ApplicationId', 'PasswordCredential'],
    'Get-MgApplicationFederatedIdentityCredential': ['ApplicationId', 'All'],
    'New-MgApplicationFederatedIdentityCredential': [
      'ApplicationId',
      'Name',
      'Issuer',
      'Subject',
      'Audiences',
    ],
    'Get-MgServicePrincipal': ['Filter'],
    'New-MgServicePrincipal': ['AppId'],
    'Get-MgServicePrincipalAppRoleAssignment': ['ServicePrincipalId', 'All'],
    'New-MgServicePrincipalAppRoleAssignment': [
      'ServicePrincipalId',
      'PrincipalId',
      'ResourceId',
      'AppRoleId',
    ],
  },
  'microsoft.graph.sites': {
    'Get-MgSitePermission': ['SiteId', 'All'],
    'New-MgSitePermission': ['SiteId', 'BodyParameter'],
  },
  'az.accounts': {
    'Connect-AzAccount': ['Tenant', 'Environment', 'Scope', 'UseDeviceAuthentication'],
    'Disconnect-AzAccount': ['Scope'],
    'Get-AzAccessToken': ['ResourceUrl'],
  },
  microsoftteams: {
    'Connect-MicrosoftTeams': ['TenantId', 'TeamsEnvironmentName', 'UseDeviceAuthentication'],
    'Disconnect-MicrosoftTeams': [],
    'Get-CsOnlineUser': ['Identity'],
    'Get-CsApplicationAccessPolicy': ['Identity'],
    'New-CsApplicationAccessPolicy': ['Identity', 'AppIds', 'Description'],
    'Set-CsApplicationAccessPolicy': ['Identity', 'AppIds'],
    'Grant-CsApplicationAccessPolicy': ['Identity', 'PolicyName', 'Group', 'Rank'],
    'Get-CsGroupPolicyAssignment': ['PolicyType'],
    'Set-CsTeamsMeetingConfiguration': ['EnableGraphTranscriptAccess', 'EnableAttributedTranscripts'],
  },
  exchange: {
    'Connect-ExchangeOnline': ['ExchangeEnvironmentName', 'ShowBanner', 'Device'],
    'Disconnect-ExchangeOnline': ['Confirm'],
    'Get-ServicePrincipal': [],
    'New-ServicePrincipal': ['AppId', 'ObjectId', 'DisplayName'],
    'Get-Group': ['Identity'],
    'Get-ManagementScope': [],
    'New-ManagementScope': ['Name', 'RecipientRestrictionFilter'],
    'Get-ManagementRoleAssignment': ['Role'],
    'New-ManagementRoleAssignment': ['App', 'Role', 'CustomResourceScope'],
    'Test-ApplicationAccessPolicy': ['AppId', 'Identity'],
    'Test-ServicePrincipalAuthorization': ['Identity', 'Resource'],
  },
  'pnp.powershell': {
    'Grant-PnPEntraIDAppSitePermission': ['AppId', 'DisplayName', 'Site', 'Permissions'],
  },
  'microsoft.powershell.core': {
    'ForEach-Object': [],
    'Where-Object': [],
    'Get-Module': ['ListAvailable', 'Name'],
    'Import-Module': ['Name'],
    'Set-StrictMode': ['Version'],
  },
  'microsoft.powershell.management': { 'Test-Path': ['LiteralPath'] },
  'microsoft.powershell.utility': {
    'Get-Date': [],
    'Invoke-RestMethod': ['Uri', 'Headers'],
    'Read-Host': ['Prompt', 'AsSecureString'],
    'Sort-Object': ['Unique'],
    'Start-Sleep': ['Seconds'],
    'Select-Object': [],
    'Write-Host': ['ForegroundColor'],
    'Write-Warning': [],
  },
};

/** Name to {source, parameters}. */
export const cmdlets = new Map(
  Object.entries(MODULES).flatMap(([module, list]) =>
    Object.entries(list).map(([name, parameters]) => [name, { source: page(module, name), parameters }]),
  ),
);

/** Programs that are no cmdlets. */
export const programs = new Set(['chmod']);
