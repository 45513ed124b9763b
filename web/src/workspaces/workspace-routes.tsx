export default function WorkspaceRoutes({ id }: { id: string }) {
  return <>{id}</>;
}
