/** The wards a member of staff may see, whole, page by page. */
import { MyWards, type WardLink, type WardPage } from '../graphql/documents';
import { ask, type Answer } from '../graphql/send';
import { staffBearer } from '../session/staff';

/** Null when they could not be read; the session itself ends when the server no longer knows it. */
export async function myWards(): Promise<WardLink[] | null> {
  const wards: WardLink[] = [];
  let after: string | null = null;
  for (;;) {
    const bearer = await staffBearer();
    if (bearer.kind !== 'TOKEN') return null;
    const answer: Answer<WardPage> = await ask(MyWards, { after }, bearer.token);
    if (answer.kind !== 'DATA') return null;
    const page: WardPage['wards'] = answer.data.wards;
    const hospitals = new Map(answer.data.hospitals.nodes.map((hospital) => [hospital.id, hospital]));
    const open = page.nodes.filter(({ closedAt }) => !closedAt || Date.parse(closedAt) > Date.now());
    wards.push(...open.map((ward) => ({ ...ward, hospital: hospitals.get(ward.hospitalId) ?? null })));
    if (!page.pageInfo.hasNextPage || !page.pageInfo.endCursor) return wards;
    after = page.pageInfo.endCursor;
  }
}

/** Wards by hospital, in the order the server gave. */
export function byHospital(wards: readonly WardLink[]): Map<string, WardLink[]> {
  const groups = new Map<string, WardLink[]>();
  for (const ward of wards) {
    const key = ward.hospitalId ?? '';
    groups.set(key, [...(groups.get(key) ?? []), ward]);
  }
  return groups;
}

/** Whether a ward answers to what somebody typed: its code or its name in either language, or its hospital's. */
export function matches(ward: WardLink, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  const names = [ward.code, ward.name?.zh, ward.name?.en, ward.hospital?.code, ward.hospital?.name?.zh, ward.hospital?.name?.en];
  return names.some((name) => name?.toLowerCase().includes(wanted));
}
