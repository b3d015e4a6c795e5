import { Page } from '../ui/page.tsx'
export function EnrolmentPage() { return <Page title="EnrolmentPage"><p>soon</p></Page> }
