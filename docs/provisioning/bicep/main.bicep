// An application for workiq-auth: the seven permissions, granted, and a federated credential for one GitHub
// environment. Deploy with: az deployment group create --resource-group RESOURCE_GROUP --template-file main.bicep
// The resource group stays empty. https://learn.microsoft.com/graph/templates/reference/overview

extension microsoftGraphV1

@description('Names the application in later deployments; it cannot be changed.')
param uniqueName string = 'workiq-app-only'

@description('A repository created, renamed or transferred since summer 2026 has the immutable form: repo:contoso@OWNER_ID/decisions@REPOSITORY_ID:environment:production.')
param subject string = 'repo:contoso/decisions:environment:production'

@description('App roles of Microsoft Graph. Take out what is not read.')
param permissions array = [
  '332a536c-c7ef-4017-ab91-336970924f0d' // Sites.Read.All
  '810c84a8-4a9e-49e6-bf7d-12d183f40d01' // Mail.Read
  'b528084d-ad10-4598-8b93-929746b4d7d6' // People.Read.All
  'a4a80d8d-d283-4bd8-8504-555ec3870630' // OnlineMeetingTranscript.Read.All
  '6b7d71aa-70aa-4810-a8d9-5d9fb2830017' // Chat.Read.All
  '7b2449af-6ccd-4f4d-9f78-e550c193f0d1' // ChannelMessage.Read.All
  '7a7cffad-37d2-4f48-afa4-c6ab129adcc2' // ExternalItem.Read.All
]

var graphAppId = '00000003-0000-0000-c000-000000000000'

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: graphAppId
}

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: 'Work IQ app-only'
  signInAudience: 'AzureADMyOrg'
  requiredResourceAccess: [
    {
      resourceAppId: graphAppId
      resourceAccess: [
        for id in permissions: {
          id: id
          type: 'Role'
        }
      ]
    }
  ]

  resource github 'federatedIdentityCredentials@v1.0' = {
    name: '${application.uniqueName}/github'
    issuer: 'https://token.actions.githubusercontent.com'
    subject: subject
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
}

resource grants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for id in permissions: {
    appRoleId: id
    principalId: principal.id
    resourceId: graph.id
  }
]

output WORKIQ_AUTH_MODE string = 'app-only'
output WORKIQ_TENANT_ID string = tenant().tenantId
output WORKIQ_CLIENT_ID string = application.appId
