//! Documents that tests read: a small one with a case of each kind, and Microsoft's own where it is there.

use super::Metadata;

/// Two namespaces, inheritance, containment, keys of all kinds, and what is said of them.
pub(super) const SMALL: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EnumType Name="importance"><Member Name="low" Value="0"/><Member Name="high" Value="1"/>
    <Member Name="unknownFutureValue" Value="2"/></EnumType>
  <EnumType Name="days" IsFlags="true"><Member Name="monday" Value="1"/><Member Name="friday" Value="2"/></EnumType>
  <TypeDefinition Name="phone" UnderlyingType="Edm.String"/>
  <EntityType Name="entity" Abstract="true"><Key><PropertyRef Name="id"/></Key>
    <Property Name="id" Type="Edm.String" Nullable="false"/></EntityType>
  <EntityType Name="directoryObject" BaseType="graph.entity" OpenType="true"/>
  <EntityType Name="user" BaseType="graph.directoryObject">
    <Property Name="displayName" Type="Edm.String"/>
    <Property Name="userPrincipalName" Type="Edm.String"/>
    <Property Name="createdDateTime" Type="Edm.DateTimeOffset"/>
    <Property Name="hired" Type="Edm.Date"/>
    <Property Name="mailboxSettings" Type="graph.mailboxSettings"/>
    <NavigationProperty Name="manager" Type="graph.directoryObject"/>
    <NavigationProperty Name="messages" Type="Collection(graph.message)" ContainsTarget="true"/>
    <NavigationProperty Name="photo" Type="graph.profilePhoto" ContainsTarget="true"/>
    <NavigationProperty Name="drive" Type="graph.drive" ContainsTarget="true"/>
    <Annotation Term="Org.OData.Core.V1.AlternateKeys"><Collection><Record><PropertyValue Property="Key"><Collection>
      <Record><PropertyValue Property="Alias" String="userPrincipalName"/>
      <PropertyValue Property="Name" PropertyPath="userPrincipalName"/></Record></Collection></PropertyValue></Record>
    </Collection></Annotation>
  </EntityType>
  <EntityType Name="group" BaseType="graph.directoryObject">
    <Property Name="displayName" Type="Edm.String" Nullable="false"/>
    <NavigationProperty Name="members" Type="Collection(graph.directoryObject)"/>
  </EntityType>
  <EntityType Name="profilePhoto" BaseType="graph.entity" HasStream="true"/>
  <EntityType Name="message" BaseType="graph.entity">
    <Property Name="subject" Type="Edm.String"/>
    <Property Name="body" Type="graph.itemBody"/>
    <Property Name="importance" Type="graph.importance"/>
    <Property Name="remind" Type="graph.days"/>
    <Property Name="categories" Type="Collection(Edm.String)"/>
    <Property Name="size" Type="Edm.Int64" Nullable="false"/>
    <Property Name="send" Type="Edm.String"/>
    <NavigationProperty Name="attachments" Type="Collection(graph.attachment)" ContainsTarget="true"/>
  </EntityType>
  <EntityType Name="attachment" BaseType="graph.entity" Abstract="true">
    <Property Name="name" Type="Edm.String"/></EntityType>
  <EntityType Name="fileAttachment" BaseType="graph.attachment" HasStream="true">
    <Property Name="contentBytes" Type="Edm.Binary"/></EntityType>
  <EntityType Name="itemAttachment" BaseType="graph.attachment">
    <NavigationProperty Name="items" Type="Collection(graph.message)" ContainsTarget="true"/></EntityType>
  <EntityType Name="drive" BaseType="graph.entity">
    <NavigationProperty Name="root" Type="graph.driveItem" ContainsTarget="true"/>
    <NavigationProperty Name="items" Type="Collection(graph.driveItem)" ContainsTarget="true"/></EntityType>
  <EntityType Name="driveItem" BaseType="graph.entity">
    <Property Name="content" Type="Edm.Stream"/>
    <Property Name="parent" Type="graph.itemReference"/>
    <NavigationProperty Name="children" Type="Collection(graph.driveItem)" ContainsTarget="true"/></EntityType>
  <EntityType Name="site" BaseType="graph.entity">
    <NavigationProperty Name="lists" Type="Collection(graph.list)" ContainsTarget="true"/>
    <NavigationProperty Name="drive" Type="graph.drive" ContainsTarget="true"/></EntityType>
  <EntityType Name="list" BaseType="graph.entity"/>
  <ComplexType Name="itemBody"><Property Name="content" Type="Edm.String" Nullable="false"/>
    <Property Name="inner" Type="graph.itemBody"/></ComplexType>
  <ComplexType Name="itemReference"><Property Name="phone" Type="graph.phone"/></ComplexType>
  <ComplexType Name="mailboxSettings"><Property Name="timeZone" Type="Edm.String"/></ComplexType>
  <Action Name="sendMail" IsBound="true"><Parameter Name="bindingParameter" Type="graph.user"/>
    <Parameter Name="Message" Type="graph.message" Nullable="false"/><Parameter Name="SaveToSentItems" Type="Edm.Boolean"/>
  </Action>
  <Action Name="send" IsBound="true"><Parameter Name="bindingParameter" Type="graph.message"/></Action>
  <Action Name="getByIds" IsBound="true"><Parameter Name="bindingParameter" Type="Collection(graph.directoryObject)"/>
    <Parameter Name="ids" Type="Collection(Edm.String)"/><ReturnType Type="Collection(graph.directoryObject)"/></Action>
  <Action Name="lock" IsBound="true"><Parameter Name="bindingParameter" Type="graph.itemAttachment"/></Action>
  <Function Name="delta" IsBound="true"><Parameter Name="bindingParameter" Type="Collection(graph.user)"/>
    <ReturnType Type="Collection(graph.user)"/></Function>
  <Function Name="search" IsBound="true"><Parameter Name="bindingParameter" Type="graph.driveItem"/>
    <Parameter Name="q" Type="Edm.String"/><ReturnType Type="Collection(graph.driveItem)"/></Function>
  <Function Name="view" IsBound="true" IsComposable="true"><Parameter Name="bindingParameter" Type="graph.user"/>
    <Parameter Name="start" Type="Edm.DateTimeOffset"/>
    <Parameter Name="days" Type="Edm.Int32"><Annotation Term="Org.OData.Core.V1.OptionalParameter"/></Parameter>
    <ReturnType Type="Collection(graph.message)"/></Function>
  <Function Name="version"><ReturnType Type="Edm.String"/></Function>
  <EntityContainer Name="GraphService">
    <EntitySet Name="users" EntityType="graph.user">
      <NavigationPropertyBinding Path="manager" Target="directoryObjects"/></EntitySet>
    <EntitySet Name="groups" EntityType="microsoft.graph.group">
      <NavigationPropertyBinding Path="members" Target="directoryObjects"/></EntitySet>
    <EntitySet Name="directoryObjects" EntityType="graph.directoryObject"/>
    <EntitySet Name="drives" EntityType="graph.drive"/><EntitySet Name="sites" EntityType="graph.site"/>
    <EntitySet Name="records" EntityType="microsoft.graph.callRecords.callRecord"/>
    <Singleton Name="me" Type="graph.user"/>
    <FunctionImport Name="version" Function="graph.version"/>
  </EntityContainer>
  <Annotations Target="microsoft.graph.user/createdDateTime"><Annotation Term="Org.OData.Core.V1.Computed" Bool="true"/>
  </Annotations>
  <Annotations Target="microsoft.graph.user/hired"><Annotation Term="Org.OData.Core.V1.Immutable" Bool="true"/></Annotations>
  <Annotations Target="graph.message/subject"><Annotation Term="Org.OData.Core.V1.Description" String="What it is about."/>
  </Annotations>
  <Annotations Target="microsoft.graph.GraphService/records">
    <Annotation Term="Org.OData.Capabilities.V1.InsertRestrictions"><Record>
      <PropertyValue Property="Insertable" Bool="false"/></Record></Annotation></Annotations>
  <Annotations Target="microsoft.graph.user/photo">
    <Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions"><Record>
      <PropertyValue Property="Deletable" Bool="false"/></Record></Annotation></Annotations>
</Schema>
<Schema Namespace="microsoft.graph.callRecords" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EntityType Name="callRecord" BaseType="microsoft.graph.entity"><Property Name="organizer" Type="graph.unknown"/></EntityType>
  <ComplexType Name="itemBody"/>
  <Function Name="getCalls" IsBound="true">
    <Parameter Name="bindingParameter" Type="Collection(microsoft.graph.callRecords.callRecord)"/>
    <Parameter Name="from" Type="Edm.Date"/><ReturnType Type="microsoft.graph.callRecords.itemBody"/></Function>
</Schema></edmx:DataServices></edmx:Edmx>"#;

pub(super) fn small() -> Metadata {
    Metadata::parse(SMALL.as_bytes()).unwrap()
}

/// Microsoft's own document, read once for all tests.
pub(super) fn real() -> &'static Metadata {
    static REAL: std::sync::OnceLock<Metadata> = std::sync::OnceLock::new();
    REAL.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/graph/v1.0.csdl");
        Metadata::parse(&std::fs::read(path).unwrap()).unwrap()
    })
}
