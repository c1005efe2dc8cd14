/** Every subject of docs/vectors, by the name of its file. */
import { assertionVectors } from './assertions.js'
import { assetVectors } from './assets.js'
import { contentVectors } from './content.js'
import { federationVectors } from './federation.js'
import { frankVectors } from './franks.js'
import { groupVectors } from './groupLife.js'
import { historyVectors } from './history.js'
import { idVectors } from './ids.js'
import { keyPackageVectors } from './keyPackages.js'
import { letterVectors, profileVectors, userProfileVectors } from './letters.js'
import { queueReferenceVectors } from './queueReferences.js'
import { recoveryVectors } from './recovery.js'
import { registrationVectors } from './registration.js'
import { signalVectors } from './signals.js'
import { makeTown } from './town.js'
import { websocketVectors } from './websocket.js'

export const allVectors = async () => {
  const town = await makeTown()
  const [keyPackages, group] = [await keyPackageVectors(town), await groupVectors(town)]
  return {
    ids: idVectors(town),
    registration: registrationVectors(town),
    assertions: assertionVectors(town),
    queueReferences: await queueReferenceVectors(town),
    keyPackages,
    group,
    letters: await letterVectors(town),
    profile: await profileVectors(town),
    userProfile: await userProfileVectors(town),
    recovery: await recoveryVectors(),
    history: await historyVectors(town),
    websocket: websocketVectors(town),
    content: contentVectors(),
    assets: await assetVectors(),
    signals: await signalVectors(town),
    franks: frankVectors(town),
    federation: await federationVectors(town, { group, keyPackages }),
  }
}
